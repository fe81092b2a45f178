using System.Text.Json;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class TrainingOptionsTests
{
    private static readonly TrainingOptions Part1 = TrainingOptions.Study(ClassificationTask.Binary);
    private static readonly TrainingOptions Part2 = TrainingOptions.Study(ClassificationTask.MultiLabel);

    private static readonly OptimizerOptions Optimizer = new();

    private static IEnumerable<TestCaseData> OutOfRange()
    {
        yield return Case(Part1 with { Loss = LossKind.Focal }, "--task multilabel");
        yield return Case(Part2 with { Loss = LossKind.CrossEntropy }, "--loss ce");
        yield return Case(Part2 with { Focal = FocalOptions.Study with { Alpha = 1.5f } }, "--alpha 1.5");
        yield return Case(Part2 with { Focal = FocalOptions.Study with { Gamma = -1 } }, "--gamma -1");
        yield return Case(Part2 with { Focal = FocalOptions.Study with { Gamma = float.NaN } }, "--gamma NaN");
        yield return Case(Part1 with { Hidden = -1 }, "--hidden -1");
        yield return Case(Part1 with { Dropout = 1 }, "--dropout 1");
        yield return Case(Part1 with { Dropout = float.NaN }, "--dropout NaN");
        yield return Case(Part1 with { Optimizer = Optimizer with { LearningRate = 0 } }, "--lr 0");
        yield return Case(Part1 with { Optimizer = Optimizer with { Momentum = 1 } }, "--momentum 1");
        yield return Case(Part1 with { Optimizer = Optimizer with { Momentum = 0, Nesterov = true } }, "--nesterov");
        yield return Case(
            Part1 with { Optimizer = Optimizer with { Kind = OptimizerKind.Adam, Nesterov = true } },
            "--optimizer sgd");
        yield return Case(
            Part1 with { Optimizer = Optimizer with { WeightDecay = float.PositiveInfinity } }, "--weight-decay");
        yield return Case(Part1 with { Optimizer = Optimizer with { Beta1 = 1 } }, "--beta1 1");
        yield return Case(Part1 with { Optimizer = Optimizer with { Beta2 = -0.1f } }, "--beta2 -0.1");
        yield return Case(Part1 with { Optimizer = Optimizer with { Epsilon = 0 } }, "--eps 0");

        static TestCaseData Case(TrainingOptions options, string expected) =>
            new TestCaseData(options, expected).SetArgDisplayNames(expected);
    }

    [Test]
    public void Each_optimizer_gets_its_options()
    {
        OptimizerOptions all = new()
        {
            Kind = OptimizerKind.AdamW,
            LearningRate = 0.1f,
            Momentum = 0.2f,
            WeightDecay = 0.3f,
            Beta1 = 0.4f,
            Beta2 = 0.5f,
            Epsilon = 0.6f,
            Nesterov = true,
        };
        Assert.That(
            all.Sgd, Is.EqualTo(new SgdOptions(LearningRate: 0.1f, Momentum: 0.2f, WeightDecay: 0.3f, Nesterov: true)));
        Assert.That(
            all.Adam,
            Is.EqualTo(
                new AdamOptions(
                    LearningRate: 0.1f, Beta1: 0.4f, Beta2: 0.5f, Epsilon: 0.6f, WeightDecay: 0.3f, Decoupled: true)));
        Assert.That((all with { Kind = OptimizerKind.Adam }).Adam.Decoupled, Is.False);
    }

    [TestCaseSource(nameof(OutOfRange))]
    public void What_makes_no_sense_is_told_with_its_option(TrainingOptions options, string expected) =>
        Assert.That(
            options.Validate,
            Throws.TypeOf<UsageException>().With.Message.Contains(expected).And.Message.EndsWith("."));

    [Test]
    public void The_studys_settings_are_valid_and_differ_where_its_parts_do()
    {
        Assert.That(Part1.Validate, Throws.Nothing);
        Assert.That(Part2.Validate, Throws.Nothing);
        Assert.That(Part1.Head(2), Is.EqualTo(NetworkHead.Part1));
        Assert.That(Part2.Head(3), Is.EqualTo(NetworkHead.Part2));
        Assert.That((Part1.Loss, Part2.Loss), Is.EqualTo((LossKind.CrossEntropy, LossKind.BinaryCrossEntropy)));
        Assert.That(
            (Part1.Augmentation, Part2.Augmentation), Is.EqualTo((ImageTransforms.Part1, ImageTransforms.Part2)));
        foreach (TrainingOptions options in new[] { Part1, Part2 })
        {
            Assert.That((options.Epochs, options.Batch, options.Size), Is.EqualTo((25, 32, 224)));
            Assert.That(
                options.Optimizer,
                Is.EqualTo(
                    new OptimizerOptions
                    {
                        Kind = OptimizerKind.Sgd,
                        LearningRate = 1e-4f,
                        Momentum = 0.9f,
                        WeightDecay = 0,
                    }));
            Assert.That(options.Focal, Is.EqualTo(new FocalOptions(Alpha: 0.25f, Gamma: 2, Mean: false)));
        }
    }

    [Test]
    public void They_come_back_from_json_in_the_words_of_the_command_line()
    {
        TrainingOptions options = Part2 with
        {
            Loss = LossKind.Focal,
            Optimizer = Optimizer with { Kind = OptimizerKind.AdamW, Nesterov = true, Beta1 = 0.8f },
            Focal = new FocalOptions(0.5f, 1, Mean: true),
        };
        string json = JsonSerializer.Serialize(options, JsonSerializerOptions.Web);
        Assert.That(JsonSerializer.Deserialize<TrainingOptions>(json, JsonSerializerOptions.Web), Is.EqualTo(options));
        Assert.That(
            json,
            Does.Contain(
                "\"task\":\"multilabel\"").And.Contain("\"loss\":\"focal\"").And.Contain("\"kind\":\"adamw\"").And.Contain("\"mean\":true"));
    }
}
