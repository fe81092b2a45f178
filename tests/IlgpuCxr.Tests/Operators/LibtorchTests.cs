using System.Globalization;
using System.Text.Json;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;
using IlgpuCxr.Tests.Fixtures;

namespace IlgpuCxr.Tests.Operators;

/// <summary>Every operator, by every algorithm and by its reference, against libtorch.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class LibtorchTests
{
    private static readonly Dictionary<string, Action<FixtureCase, ComputeDevice?>> Operators = new()
    {
        ["conv2d"] = Convolution,
        ["maxpool2d"] = MaxPooling,
        ["adaptiveavgpool2d"] = AdaptiveAveragePooling,
        ["batchnorm2d"] = BatchNorm,
        ["linear"] = Linear,
        ["cross_entropy"] = CrossEntropy,
        ["bce_with_logits"] = BinaryCrossEntropy,
        ["focal_sum"] = Focal,
        ["optimizer/sgd"] = Sgd,
        ["optimizer/adam"] = Adam,
        ["optimizer/adamw"] = Adam,
    };

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (FixtureCase fixture in FixtureCase.All)
            foreach (Implementation implementation in Enum.GetValues<Implementation>().OnThisMachine())
            {
                if (implementation is Implementation.Winograd2 or Implementation.Winograd4
                    && OperatorOf(fixture) != "conv2d")
                    continue;
                // Interpreting a convolution of this size takes long; ConvolutionPtxTests has small ones.
                if (implementation == Implementation.Gpu && OperatorOf(fixture) == "conv2d")
                    continue;
                yield return new TestCaseData(fixture, implementation).SetArgDisplayNames(
                    fixture.Id, implementation.ToString());
            }
    }

    /// <summary>
    /// What is in front of the slash; optimizers share that word and differ in the one behind it, focal losses have
    /// settings there.
    /// </summary>
    private static string OperatorOf(FixtureCase fixture) => fixture.Operator switch
    {
        "optimizer" => fixture.Id.Split('_')[0],
        string name when name.StartsWith("focal_sum", StringComparison.Ordinal) => "focal_sum",
        string name => name,
    };

    [TestCaseSource(nameof(Cases))]
    public void OperatorMatchesLibtorch(FixtureCase fixture, Implementation implementation)
    {
        using ComputeDevice? device = implementation.Open();
        Operators[OperatorOf(fixture)](fixture, device);
    }

    [Test]
    public void FixturesHoldCasesOfEveryOperator() =>
        Assert.That(FixtureCase.All.Select(OperatorOf), Is.SupersetOf(Operators.Keys));

    private static void Convolution(FixtureCase fixture, ComputeDevice? device)
    {
        var shape = new ConvolutionShape(
            fixture.Size("n"), fixture.Size("h"), fixture.Size("w"), fixture.Size("c"), fixture.Size("k"),
            fixture.Size("r"), fixture.Size("s"),
            fixture.Size("stride"), fixture.Size("pad"));
        bool biased = fixture.Size("bias") != 0;
        Dictionary<string, double[]> actual = Compute.Convolution(
            device,
            shape,
            fixture.Generate("input", shape.Input, 2),
            fixture.Generate("weight", shape.Weights, (float)Math.Sqrt(6.0 / (shape.C * shape.R * shape.S))),
            biased ? fixture.Generate("bias", shape.K, 0.1f) : null,
            fixture.Generate("grad_output", shape.Output, 1));
        fixture.AssertEqual("output", actual["output"], shape.Output);
        fixture.AssertEqual("grad_input", actual["grad_input"], shape.Input);
        fixture.AssertEqual("grad_weight", actual["grad_weight"], shape.Weights);
        if (biased)
            fixture.AssertEqual("grad_bias", actual["grad_bias"]);
    }

    private static void MaxPooling(FixtureCase fixture, ComputeDevice? device)
    {
        var shape = new MaxPoolingShape(
            fixture.Size("n"), fixture.Size("h"), fixture.Size("w"), fixture.Size("c"), fixture.Size("k"),
            fixture.Size("stride"), fixture.Size("pad"));
        Dictionary<string, double[]> actual = Compute.MaxPooling(
            device, shape, fixture.Generate("input", shape.Input, 2), fixture.Generate("grad_output", shape.Output, 1));
        fixture.AssertEqual("output", actual["output"], shape.Output);
        fixture.AssertEqual("grad_input", actual["grad_input"], shape.Input);
    }

    private static void AdaptiveAveragePooling(FixtureCase fixture, ComputeDevice? device)
    {
        var shape = new AdaptiveAveragePoolingShape(
            fixture.Size("n"), fixture.Size("h"), fixture.Size("w"), fixture.Size("c"), fixture.Size("out"),
            fixture.Size("out"));
        Dictionary<string, double[]> actual = Compute.AdaptiveAveragePooling(
            device, shape, fixture.Generate("input", shape.Input, 2), fixture.Generate("grad_output", shape.Output, 1));
        fixture.AssertEqual("output", actual["output"], shape.Output);
        fixture.AssertEqual("grad_input", actual["grad_input"], shape.Input);
    }

    private static void BatchNorm(FixtureCase fixture, ComputeDevice? device)
    {
        var shape = new BatchNormShape(fixture.Size("n"), fixture.Size("h"), fixture.Size("w"), fixture.Size("c"));
        Dictionary<string, double[]> actual = Compute.BatchNorm(
            device,
            shape,
            fixture.Generate("input", shape.Tensor, 2, 0.5f),
            residual: null,
            fixture.Generate("weight", shape.C, 0.25f, 1),
            fixture.Generate("bias", shape.C, 0.1f),
            fixture.Generate("grad_output", shape.Tensor, 1),
            relu: false);
        foreach (string tensor in new[] { "output", "grad_input", "eval_output" })
            fixture.AssertEqual(tensor, actual[tensor], shape.Tensor);
        foreach (string vector in new[] { "grad_weight", "grad_bias", "running_mean", "running_var" })
            fixture.AssertEqual(vector, actual[vector]);
    }

    private static void Linear(FixtureCase fixture, ComputeDevice? device)
    {
        var shape = new LinearShape(fixture.Size("n"), fixture.Size("in"), fixture.Size("out"));
        Dictionary<string, double[]> actual = Compute.Linear(
            device,
            shape,
            fixture.Generate("input", shape.Input.Count, 2),
            fixture.Generate("weight", shape.Weights.Count, (float)Math.Sqrt(6.0 / shape.In)),
            fixture.Generate("bias", shape.Out, 0.1f),
            fixture.Generate("grad_output", shape.Output.Count, 1));
        foreach (string what in new[] { "output", "grad_input", "grad_weight", "grad_bias" })
            fixture.AssertEqual(what, actual[what]);
    }

    private static void CrossEntropy(FixtureCase fixture, ComputeDevice? device)
    {
        var shape = new LossShape(fixture.Size("n"), fixture.Size("c"));
        float scale = fixture.Id.EndsWith("extreme", StringComparison.Ordinal) ? 120 : 3;
        Dictionary<string, double[]> actual = Compute.SoftmaxCrossEntropy(
            device,
            shape,
            fixture.Generate("logits", shape.N * shape.C, scale),
            [.. FixtureSet.Doubles(fixture.Expected.GetProperty("targets")).Select(t => (int)t)]);
        AssertLoss(fixture, actual);
    }

    private static void BinaryCrossEntropy(FixtureCase fixture, ComputeDevice? device)
    {
        (LossShape shape, float[] logits, float[] targets) = LabelledLogits(fixture);
        AssertLoss(fixture, Compute.BinaryCrossEntropy(device, shape, logits, targets));
    }

    private static void Focal(FixtureCase fixture, ComputeDevice? device)
    {
        (LossShape shape, float[] logits, float[] targets) = LabelledLogits(fixture);
        // The settings are in front of the slash: focal_sum_alpha0.25_gamma2.
        float Setting(string name) => float.Parse(
            fixture.Operator.Split('_').Single(part => part.StartsWith(name, StringComparison.Ordinal))[name.Length..],
            CultureInfo.InvariantCulture);
        AssertLoss(
            fixture,
            Compute.Focal(
                device, shape, logits, targets, new FocalOptions(Setting("alpha"), Setting("gamma"), Mean: false)));
    }

    private static (LossShape Shape, float[] Logits, float[] Targets) LabelledLogits(FixtureCase fixture)
    {
        var shape = new LossShape(fixture.Size("n"), fixture.Size("c"));
        float scale = fixture.Id.EndsWith("extreme", StringComparison.Ordinal) ? 120 : 3;
        float[] targets = Array.ConvertAll(
            FixtureSet.Doubles(fixture.Expected.GetProperty("targets")), target => (float)target);
        return (shape, fixture.Generate("logits", shape.N * shape.C, scale), targets);
    }

    private static void AssertLoss(FixtureCase fixture, Dictionary<string, double[]> actual)
    {
        double loss = fixture.Expected.GetProperty("loss").GetDouble();
        Assert.That(actual["loss"][0], Is.EqualTo(loss).Within(FixtureSet.OperatorTolerance * loss));
        fixture.AssertEqual("grad_logits", actual["grad_logits"]);
    }

    private static void Sgd(FixtureCase fixture, ComputeDevice? device)
    {
        var options = new SgdOptions(
            (float)fixture.Setting("lr")!.Value,
            (float)(fixture.Setting("momentum") ?? 0),
            (float)(fixture.Setting("wd") ?? 0),
            fixture.Id.EndsWith("_nesterov", StringComparison.Ordinal));
        AssertSteps(fixture, (parameters, gradients) => Compute.Sgd(device, parameters, gradients, options));
    }

    private static void Adam(FixtureCase fixture, ComputeDevice? device)
    {
        AdamOptions defaults = OperatorOf(fixture) == "optimizer/adamw" ? AdamOptions.AdamW : AdamOptions.Adam;
        AdamOptions options = defaults with
        {
            LearningRate = (float)fixture.Setting("lr")!.Value,
            WeightDecay = (float)(fixture.Setting("wd") ?? 0),
        };
        AssertSteps(fixture, (parameters, gradients) => Compute.Adam(device, parameters, gradients, options));
    }

    private static void AssertSteps(FixtureCase fixture, Func<float[], float[][], List<double[]>> optimize)
    {
        JsonElement[] after = [.. fixture.Expected.GetProperty("after").EnumerateArray()];
        int count = after[0].GetArrayLength();
        List<double[]> actual = optimize(
            fixture.Generate("param", count, 1),
            [.. Enumerable.Range(0, after.Length).Select(step => fixture.Generate($"grad{step}", count, 1))]);
        for (int step = 0; step < after.Length; step++)
        {
            float[] parameters = Array.ConvertAll(actual[step], x => (float)x);
            Assert.That(
                FixtureSet.RelativeDifference(after[step], parameters),
                Is.LessThanOrEqualTo(FixtureSet.OperatorTolerance), $"step {step}");
        }
    }
}
