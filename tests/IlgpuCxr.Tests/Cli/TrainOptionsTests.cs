using System.CommandLine;
using IlgpuCxr.Cli;
using IlgpuCxr.Cli.Commands;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Models;
using IlgpuCxr.Reports;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Cli;

public sealed class TrainOptionsTests
{
    private static IEnumerable<TestCaseData> Given()
    {
        TrainingOptions part1 = TrainingOptions.Study(ClassificationTask.Binary);
        TrainingOptions part2 = TrainingOptions.Study(ClassificationTask.MultiLabel);
        yield return Case(
            "--net vgg16 --size 64 --batch 8 --epochs 3 --freeze features --seed 9 --hidden 16 --dropout 0.3 --augmentation part2",
            part1 with
            {
                Network = "vgg16",
                Size = 64,
                Batch = 8,
                Epochs = 3,
                Freeze = "features",
                Seed = 9,
                Hidden = 16,
                Dropout = 0.3f,
                Augmentation = ImageTransforms.Part2,
            });
        yield return Case(
            "--lr 0.02 --momentum 0.5 --nesterov --weight-decay 0.1 --centralize-gradients",
            part1 with
            {
                Optimizer = new OptimizerOptions
                {
                    LearningRate = 0.02f,
                    Momentum = 0.5f,
                    Nesterov = true,
                    WeightDecay = 0.1f,
                    CentralizeGradients = true,
                },
            });
        yield return Case(
            "--optimizer adam --beta1 0.8 --beta2 0.9 --eps 1e-4",
            part1 with
            {
                Optimizer = new OptimizerOptions
                {
                    Kind = OptimizerKind.Adam,
                    LearningRate = part1.Optimizer.LearningRate,
                    Beta1 = 0.8f,
                    Beta2 = 0.9f,
                    Epsilon = 1e-4f,
                },
            });
        yield return Case(
            "--task multilabel --loss focal --alpha 0.6 --gamma 1 --reduction mean",
            part2 with { Loss = LossKind.Focal, Focal = new FocalOptions(0.6f, 1, Mean: true) });
        yield return Case("--task multilabel", part2);

        static TestCaseData Case(string options, TrainingOptions expected) =>
            new TestCaseData(options, expected).SetArgDisplayNames(options);
    }

    [TestCaseSource(nameof(Given))]
    public void Every_option_is_followed(string options, TrainingOptions expected) =>
        Assert.That(
            TrainCommand.Options(TrainCommand.Create().Parse(["--data", "images", .. options.Split(' ')])),
            Is.EqualTo(expected));

    [TestCase(
        "--seed 9",
        "224x224, batch 32, cross entropy, SGD lr 0.0001 momentum 0.9, hidden 130, dropout 0, augmentation part1, seed 9, frozen: none")]
    [TestCase(
        "--task multilabel --freeze backbone",
        "224x224, batch 32, binary cross entropy, SGD lr 0.0001 momentum 0.9, hidden 0, augmentation part2, seed 1, frozen: backbone")]
    [TestCase(
        "--net vgg16 --task multilabel --loss focal --reduction mean --optimizer adamw --centralize-gradients --augmentation part1 --size 64 --batch 8",
        "64x64, batch 8, focal loss alpha 0.25 gamma 2 (mean), AdamW lr 0.0001 betas 0.9 0.999 eps 1E-08 weight decay 0.01 centralized gradients, hidden 0, dropout 0.5, augmentation part1, seed 1, frozen: none")]
    public void What_decides_the_result_is_told(string options, string told) =>
        Assert.That(
            ReportText.Configuration(
                TrainCommand.Options(TrainCommand.Create().Parse(["--data", "images", .. options.Split(' ')]))),
            Is.EqualTo(told));

    [Test]
    public void The_device_is_opened_as_the_options_say()
    {
        int threads = Environment.ProcessorCount + 1;
        string[] options = ["--data", "images", "--device", "cpu", "--threads", $"{threads}"];
        using ComputeDevice device = CommonOptions.OpenDevice(
            TrainCommand.Create().Parse([.. options, "--algorithms", "relu=naive", "--precision", "fp32"]));
        Assert.That(device.Name, Does.StartWith($"CPU, {threads} threads"));
        Assert.That(device.Algorithms, Is.EqualTo("relu=naive"));
        Assert.That(
            () => CommonOptions.OpenDevice(TrainCommand.Create().Parse([.. options, "--precision", "bf16"])),
            Throws.TypeOf<DeviceException>().With.Message.Contains("The precision bf16 needs an NVIDIA GPU"));
    }

    [TestCase("", 4)]
    [TestCase("--batch 7", 7)]
    public void A_checkpoint_is_used_with_its_own_batches_unless_others_are_given(string given, int batch)
    {
        var info = new CheckpointInfo
        {
            Options = TrainingOptions.Study(ClassificationTask.Binary) with { Batch = 4 },
            Head = NetworkHead.Part1,
            Classes = ["infected", "normal"],
            History = [],
        };
        string[] options = given.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ParseResult parsed = EvaluateCommand.Create().Parse(["--checkpoint", "best", "--data", "images", .. options]);
        Assert.That(CommonOptions.OptionsOf(parsed, info), Is.EqualTo(info.Options with { Batch = batch }));
    }

    [Test]
    public void Batches_are_made_as_the_options_say()
    {
        ParseResult parsed = TrainCommand.Create().Parse(
            "--data images --augmentation part2 --size 64 --batch 8 --threads 3 --strict".Split(' '));
        Assert.That(
            DataOptions.Batches(parsed, TrainCommand.Options(parsed)),
            Is.EqualTo(
                new ImageBatchOptions
                {
                    BatchSize = 8,
                    Size = 64,
                    Transforms = ImageTransforms.Part2,
                    Strict = true,
                    Threads = 3,
                }));
    }
}
