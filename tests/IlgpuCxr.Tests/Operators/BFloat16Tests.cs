using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Pooling;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Operators;

/// <summary>Operators on tensors of bfloat16, the PTX of their kernels interpreted.</summary>
public sealed class BFloat16Tests
{
    private const ElementType BFloat16 = ElementType.BFloat16;

    // Beside tensors that go from layer to layer.
    private static readonly string[] OfSingles =
        ["mean", "inverse_std", "running_mean", "running_var", "grad_weight", "grad_bias", "positions"];

    private static readonly BatchNormShape[] BatchNorms =
    [
        new(N: 2, H: 5, W: 3, C: 8),
        // Channels for more than one group, the last not full; and several slices.
        new(N: 2, H: 9, W: 11, C: 40),
        new(N: 3, H: 29, W: 23, C: 64),
    ];

    private static readonly MaxPoolingShape[] MaxPoolings =
    [
        new(N: 2, H: 7, W: 5, C: 24, Window: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 8, W: 6, C: 32, Window: 2, Stride: 2, Padding: 0),
    ];

    private ComputeDevice device;

    [OneTimeSetUp]
    public void Open() => device = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Bf16 });

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    private static IEnumerable<TestCaseData> Cases() =>
        from check in BFloat16Cases.Small().Concat(BFloat16Cases.Large())
        select new TestCaseData(check).SetArgDisplayNames($"{check.Name} {check.Shape}");

    [TestCaseSource(nameof(Cases))]
    public void Results_are_within_rounding_of_the_definition(OperatorCase check)
    {
        KernelReport report = GradientChecker.CheckKernels(check, device, "quad");
        Assert.That(report.Error, Is.LessThanOrEqualTo(1), report.Result);
    }

    // Only what is read and written differs, so that a difference in between is a fault.

    [Test]
    public void Batch_norm_gives_what_it_gives_of_singles_rounded_once(
        [ValueSource(nameof(BatchNorms))] BatchNormShape shape, [Values] bool residual, [Values] bool relu,
        [Values] bool inPlace) =>
        AssertRounded(elements => Compute.BatchNorm(
            device, shape, Rounded(shape.Tensor, 1, offset: 2), residual ? Rounded(shape.Tensor, 2) : null,
            TestData.Floats(shape.C, 3, offset: 1.5f), TestData.Floats(shape.C, 4), Rounded(shape.Tensor, 5), relu,
            inPlace, elements));

    [TestCaseSource(nameof(MaxPoolings))]
    public void So_does_max_pooling(MaxPoolingShape shape) =>
        AssertRounded(elements => Compute.MaxPooling(
            device, shape, Rounded(shape.Input, 1), Rounded(shape.Output, 2), elements));

    [Test]
    public void So_does_adaptive_average_pooling_but_for_its_output()
    {
        var shape = new AdaptiveAveragePoolingShape(N: 2, H: 10, W: 9, C: 24, P: 7, Q: 4);
        AssertRounded(
            elements => Compute.AdaptiveAveragePooling(
                device, shape, Rounded(shape.Input, 1), TestData.Floats(shape.Output, 2), elements),
            "output");
    }

    [Test]
    public void So_do_relu_addition_and_dropout([Values] bool inPlace)
    {
        var shape = new TensorShape(2, 3, 5, 8);
        float[] a = Rounded(shape, 1), b = Rounded(shape, 2);
        AssertRounded(elements => Compute.Relu(device, a, b, inPlace, elements));
        AssertRounded(elements => Compute.Addition(device, a, b, inPlace, elements));
        AssertRounded(elements => Compute.Dropout(
            device, a, b, new DropoutMask(Key: 7, Rate: 0.3f), step: 8, inPlace, elements));
    }

    [Test]
    public void The_gradient_of_a_bias_is_the_sum_of_what_bfloat16_holds([Values(1, 2000)] int pixels)
    {
        var shape = new ConvolutionShape(N: 1, H: 1, W: pixels, C: 8, K: 40, R: 1, S: 1, Stride: 1, Padding: 0);
        float[] gradOutput = TestData.Integers(shape.Output, 1);
        using var memory = new DeviceMemory(device);
        Tensor given = memory.Tensor(shape.Output, gradOutput, BFloat16);
        var gradBias = memory.Vector(shape.K);
        memory.Run(() => BiasQuad.Backward(device, gradBias, given, shape));
        Assert.That(
            memory.Read(gradBias),
            Is.EqualTo(Enumerable.Range(0, shape.K).Select(
                k => (double)gradOutput.Where((_, i) => i % shape.K == k).Sum())));
    }

    [Test]
    public void Whatever_is_forced_quads_compute_them_and_half_the_bytes_are_counted()
    {
        using ComputeDevice naive = EmulatedGpu.Open(
            new DeviceOptions { Precision = Precision.Bf16, Algorithms = "naive" });
        naive.Timings.Enabled = true;
        foreach (OperatorCase check in BFloat16Cases.Small())
            check.Compute(naive);
        OperatorTiming[] timings = [.. naive.Timings.Results];
        Assert.That(timings.Select(timing => timing.Algorithm), Is.All.EqualTo("quad"));
        OperatorTiming pooling = timings.Single(
            timing => timing.Operator == "max pooling backward"
                && timing.Shape.StartsWith("n2 7x5x8 ", StringComparison.Ordinal));
        // Twice, each time with integers of 4 bytes as indices.
        Assert.That(pooling.Bytes, Is.EqualTo(2 * (2 * 7 * 5 * 8 * 2 + 2 * 4 * 3 * 8 * (2 + 1))));
    }

    [Test]
    public void Vectors_of_channels_that_begin_within_four_floats_are_refused()
    {
        var shape = new BatchNormShape(N: 1, H: 2, W: 2, C: 8);
        using var memory = new DeviceMemory(device);
        Tensor x = memory.Tensor(shape.Tensor, BFloat16);
        var eight = memory.Vector(8);
        Assert.That(
            () => BatchNorm.ForwardEvaluation(
                device, x, x, null, eight, eight, memory.Vector(9).SubView(1), eight, 1e-5f, relu: false, shape),
            Throws.ArgumentException.With.Message.Contains("begin at a multiple of 16 bytes"));
    }

    private static void AssertRounded(Func<ElementType, Results> compute, params string[] ofSingles)
    {
        Results singles = compute(ElementType.Single);
        foreach ((string name, double[] values) in compute(BFloat16))
        {
            double[] expected = OfSingles.Concat(ofSingles).Contains(name)
                ? singles[name]
                : CheckValues.Round(singles[name], BFloat16);
            Assert.That(values, Is.EqualTo(expected), name);
        }
    }

    private static float[] Rounded(TensorShape shape, int seed, float offset = 0) =>
        Array.ConvertAll(TestData.Floats(shape, seed, offset), value => BFloat16.Round(value));
}
