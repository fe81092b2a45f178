using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Training;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Study;

public sealed class StudyRowsTests
{
    [TestCase("all", "1,2,3,4,5,6,7,8,p2:1,p2:2,p2:3,p2:4")]
    [TestCase("1-8,p2:1-4", "1,2,3,4,5,6,7,8,p2:1,p2:2,p2:3,p2:4")]
    [TestCase("2,8,p2:2,p2:4", "2,8,p2:2,p2:4")]
    [TestCase("p2:4, 8,7-8,8", "7,8,p2:4")]
    [TestCase("P2:1", "p2:1")]
    public void A_list_names_rows_in_the_order_of_the_tables(string list, string expected) =>
        Assert.That(string.Join(',', StudyRows.Parse(list).Select(row => row.Id)), Is.EqualTo(expected));

    [TestCase("9", "9")]
    [TestCase("0", "0")]
    [TestCase("", "")]
    [TestCase("1,", "")]
    [TestCase("5-3", "5-3")]
    [TestCase("1-2-3", "1-2-3")]
    [TestCase("p2:5", "p2:5")]
    [TestCase("p2:1-p2:4", "p2:1-p2:4")]
    [TestCase("1, five", "five")]
    [TestCase("-1", "-1")]
    public void What_is_no_row_is_named(string list, string named) =>
        Assert.That(
            () => StudyRows.Parse(list),
            Throws.TypeOf<UsageException>().With.Message.StartsWith($"--rows has '{named}'"));

    [Test]
    public void Every_row_has_a_directory_of_its_own() =>
        Assert.That(
            StudyRows.All.Select(row => row.DirectoryName), Is.Unique.And.All.Match("^part[12]-row[1-8]-[a-z0-9-]+$"));

    [Test]
    public void With_given_images_and_no_options_a_row_is_the_studys_own()
    {
        var options = new StudyOptions { Out = "out", Part1 = "a", Part2 = "b" };
        foreach (StudyRow row in StudyRows.All)
        {
            TrainingOptions training = options.Training(row);
            Assert.That((training.Size, training.Batch, training.Epochs), Is.EqualTo((224, 32, 25)), row.Id);
            Assert.That(
                training.Optimizer,
                Is.EqualTo(new OptimizerOptions { Kind = OptimizerKind.Sgd, LearningRate = 1e-4f, Momentum = 0.9f }),
                row.Id);
            Assert.That(training.Hidden, Is.EqualTo(row.Part == StudyPart.Part1 ? 130 : 0), row.Id);
            Assert.That(
                (training.Network, training.Freeze, training.Loss), Is.EqualTo((row.Network, row.Freeze, row.Loss)),
                row.Id);
        }
        Assert.That(options.Training(StudyRows.Parse("p2:3")[0]).Loss, Is.EqualTo(LossKind.Focal));
    }

    [Test]
    public void Options_override_the_study_and_the_phantoms()
    {
        var options = new StudyOptions
        {
            Out = "out",
            Part1 = "a",
            Epochs = 3,
            Size = 96,
            Batch = 8,
            LearningRate = 0.01f,
            Seed = 7,
        };
        foreach (StudyRow row in StudyRows.All)
        {
            TrainingOptions training = options.Training(row);
            Assert.That(
                (training.Size, training.Batch, training.Epochs, training.Optimizer.LearningRate, training.Seed),
                Is.EqualTo((96, 8, 3, 0.01f, 7L)), row.Id);
        }
    }

    // Protocol 2.1: trainable parameters of the heads, and how many convolutions train.
    [TestCase("1", 3_261_832L, 0)]
    [TestCase("2", 66_952L, 0)]
    [TestCase("3", null, 6)]
    [TestCase("4", null, 9)]
    [TestCase("5", null, 13)]
    [TestCase("6", null, 5)]
    [TestCase("7", null, 15)]
    [TestCase("8", null, 20)]
    public void What_is_frozen_leaves_what_the_study_trains(string id, long? parameters, int convolutions)
    {
        StudyRow row = StudyRows.Parse(id)[0];
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, row.Network, NetworkHead.Part1);
        network.Freeze(row.Freeze);
        var training = network.Parameters.Where(parameter => parameter.RequiresGrad).ToList();
        if (parameters is not null)
            Assert.That(training.Sum(parameter => parameter.Shape.Count), Is.EqualTo(parameters));
        Assert.That(training.Count(parameter => parameter.PyTorchShape.Count == 4), Is.EqualTo(convolutions));
    }
}
