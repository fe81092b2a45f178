using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// The kernels of a GPU that memory bounds, as PTX: integers, so that results must be equal, whatever the elements.
/// </summary>
public sealed class QuadPtxTests
{
    private static readonly MaxPoolingShape[] MaxPoolings =
    [
        new(N: 1, H: 1, W: 1, C: 4, Window: 1, Stride: 1, Padding: 0),
        new(N: 2, H: 7, W: 5, C: 12, Window: 3, Stride: 2, Padding: 1),
        new(N: 2, H: 7, W: 5, C: 24, Window: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 8, W: 6, C: 32, Window: 2, Stride: 2, Padding: 0),
        new(N: 1, H: 9, W: 5, C: 4, Window: 3, Stride: 3, Padding: 0),
        new(N: 2, H: 10, W: 7, C: 8, Window: 2, Stride: 3, Padding: 1),
        new(N: 1, H: 6, W: 9, C: 8, Window: 5, Stride: 2, Padding: 2),
        new(N: 1, H: 9, W: 8, C: 8, Window: 15, Stride: 1, Padding: 7),
        // Channels that are not quads: what a GPU falls back to.
        new(N: 1, H: 7, W: 5, C: 3, Window: 3, Stride: 2, Padding: 1),
    ];

    private static readonly AdaptiveAveragePoolingShape[] AdaptiveAveragePoolings =
    [
        new(N: 2, H: 7, W: 5, C: 12, P: 1, Q: 1),
        new(N: 1, H: 2, W: 3, C: 16, P: 7, Q: 7),
        new(N: 2, H: 10, W: 9, C: 4, P: 7, Q: 4),
        new(N: 2, H: 10, W: 9, C: 24, P: 7, Q: 4),
        new(N: 1, H: 5, W: 4, C: 5, P: 3, Q: 2),
    ];

    private ComputeDevice device;

    [OneTimeSetUp]
    public void Open() => device = Implementation.Gpu.Open()!;

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Max_pooling_equals_its_definition(
        [ValueSource(nameof(MaxPoolings))] MaxPoolingShape shape, [Values] ElementType elements)
    {
        // Few different values make many ties, which the first maximum must win; and what is not a number must be seen.
        float[] input = TestData.Integers(shape.Input, 1, limit: 1), gradOutput = TestData.Integers(shape.Output, 2);
        input[input.Length / 2] = float.NaN;
        input[0] = float.NegativeInfinity;
        AssertEqual(
            Compute.MaxPooling(null, shape, input, gradOutput),
            Compute.MaxPooling(device, shape, input, gradOutput, elements));
    }

    [TestCaseSource(nameof(AdaptiveAveragePoolings))]
    public void Adaptive_average_pooling_is_within_rounding_of_its_definition(AdaptiveAveragePoolingShape shape)
    {
        float[] input = TestData.Integers(shape.Input, 1), gradOutput = TestData.Integers(shape.Output, 2);
        Dictionary<string, double[]> expected = Compute.AdaptiveAveragePooling(null, shape, input, gradOutput);
        foreach ((string name, double[] values) in Compute.AdaptiveAveragePooling(device, shape, input, gradOutput))
            // Sums of at most 49 integers up to 4 are exact, their quotient is rounded; a gradient adds up to 49
            // quotients.
            Assert.That(values, Is.EqualTo(expected[name]).Within(49 * 4 * 49 * OperatorCase.Roundoff), name);
    }

    [Test]
    public void Relu_and_addition_equal_their_definitions(
        [Values(8, 129, 1000)] int length, [Values] bool inPlace, [Values] ElementType elements)
    {
        float[] a = TestData.Integers(length, 1), b = TestData.Integers(length, 2);
        a[length / 2] = float.NaN;
        AssertEqual(Compute.Relu(null, a, b), Compute.Relu(device, a, b, inPlace, elements));
        AssertEqual(Compute.Addition(null, a, b), Compute.Addition(device, a, b, inPlace, elements));
    }

    [Test]
    public void Adam_computes_the_same_bits_as_its_naive_kernel(
        [Values(1, 4, 7, 64, 129)] int length, [Values] bool decoupled, [Values(0f, 0.1f)] float weightDecay)
    {
        AdamOptions options = AdamOptions.Adam with
        {
            LearningRate = 0.01f,
            WeightDecay = weightDecay,
            Decoupled = decoupled,
        };
        float[][] gradients = [TestData.Floats(length, 1), TestData.Floats(length, 2), TestData.Floats(length, 3)];
        using ComputeDevice naive = Implementation.Naive.Open()!;
        Assert.That(
            Compute.Adam(device, TestData.Floats(length, 4), gradients, options),
            Is.EqualTo(Compute.Adam(naive, TestData.Floats(length, 4), gradients, options)));
    }

    /// <summary>The other tests here would pass as well if everything fell back to the naive kernels.</summary>
    [Test]
    public void A_gpu_takes_its_fast_kernels_and_the_naive_ones_where_channels_are_no_quads()
    {
        device.Timings.Clear();
        device.Timings.Enabled = true;
        foreach (MaxPoolingShape shape in MaxPoolings)
            Compute.MaxPooling(device, shape, TestData.Integers(shape.Input, 1), TestData.Integers(shape.Output, 2));
        foreach (AdaptiveAveragePoolingShape shape in AdaptiveAveragePoolings)
            Compute.AdaptiveAveragePooling(
                device, shape, TestData.Integers(shape.Input, 1), TestData.Integers(shape.Output, 2));
        Compute.Adam(device, TestData.Floats(64, 1), [TestData.Floats(64, 2)], AdamOptions.Adam);
        Compute.GradientCentralization(device, TestData.Floats(64, 1), 4);
        device.Timings.Enabled = false;
        foreach (OperatorTiming timing in device.Timings.Results)
        {
            string expected = timing.Operator == "gradient centralization"
                ? "group"
                : timing.Shape.Contains("x3 ->") || timing.Shape.Contains("x5 ->")
                ? "naive"
                : "quad";
            Assert.That(timing.Algorithm, Is.EqualTo(expected), $"{timing.Operator} {timing.Shape}");
        }
        Assert.That(
            device.Timings.Results, Has.Count.EqualTo(2 * (MaxPoolings.Length + AdaptiveAveragePoolings.Length) + 2));
    }

    private static void AssertEqual(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual)
    {
        foreach ((string name, double[] values) in actual)
            Assert.That(values, Is.EqualTo(expected[name]), name);
    }
}
