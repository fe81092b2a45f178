using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// Kernels against references on shapes that break indexing; integers, so that every result must be equal on every
/// device.
/// </summary>
[TestFixtureSource(nameof(Kernels))]
public sealed class ExactTests(Implementation kernels)
{
    private static readonly Implementation[] Kernels = new[]
    {
        Implementation.Naive, Implementation.Vector, Implementation.CudaNaive, Implementation.Cuda,
        Implementation.OpenClNaive, Implementation.OpenCl,
    }.OnThisMachine();

    private ComputeDevice device;

    private static readonly ConvolutionShape[] Convolutions =
    [
        new(N: 1, H: 1, W: 1, C: 1, K: 1, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 1, H: 1, W: 1, C: 5, K: 3, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 7, W: 5, C: 3, K: 4, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 5, W: 11, C: 1, K: 17, R: 3, S: 3, Stride: 2, Padding: 0),
        new(N: 2, H: 13, W: 7, C: 5, K: 33, R: 3, S: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 11, W: 17, C: 17, K: 5, R: 5, S: 5, Stride: 3, Padding: 2),
        new(N: 3, H: 17, W: 13, C: 3, K: 67, R: 7, S: 7, Stride: 2, Padding: 3),
        new(N: 1, H: 6, W: 29, C: 33, K: 67, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 8, W: 6, C: 67, K: 33, R: 1, S: 1, Stride: 2, Padding: 0),
        new(N: 2, H: 9, W: 4, C: 64, K: 64, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 7, W: 9, C: 2, K: 3, R: 1, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 7, W: 9, C: 2, K: 3, R: 3, S: 2, Stride: 3, Padding: 0),
        .. WindowsStridesAndPaddings(),
        .. AroundTiles(),
    ];

    private static readonly MaxPoolingShape[] MaxPoolings =
    [
        .. WindowsStridesAndPaddings().Where(shape => 2 * shape.Padding <= shape.R)
            .Select(
                shape => new MaxPoolingShape(shape.N, shape.H, shape.W, shape.C, shape.R, shape.Stride, shape.Padding)),
        new(N: 1, H: 1, W: 1, C: 1, Window: 1, Stride: 1, Padding: 0),
        new(N: 1, H: 1, W: 1, C: 5, Window: 3, Stride: 2, Padding: 1),
        new(N: 2, H: 7, W: 5, C: 3, Window: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 13, W: 11, C: 17, Window: 3, Stride: 1, Padding: 1),
        new(N: 3, H: 8, W: 6, C: 33, Window: 2, Stride: 2, Padding: 0),
        new(N: 1, H: 9, W: 17, C: 67, Window: 3, Stride: 3, Padding: 0),
        new(N: 2, H: 10, W: 7, C: 64, Window: 2, Stride: 3, Padding: 1),
        new(N: 1, H: 12, W: 9, C: 8, Window: 5, Stride: 2, Padding: 2),
        new(N: 1, H: 9, W: 8, C: 35, Window: 15, Stride: 1, Padding: 7),
    ];

    private static readonly AdaptiveAveragePoolingShape[] AdaptiveAveragePoolings =
    [
        new(N: 1, H: 1, W: 1, C: 1, P: 1, Q: 1),
        new(N: 2, H: 7, W: 5, C: 5, P: 1, Q: 1),
        new(N: 1, H: 2, W: 3, C: 17, P: 7, Q: 7),
        new(N: 3, H: 10, W: 9, C: 33, P: 7, Q: 4),
        new(N: 1, H: 5, W: 11, C: 67, P: 3, Q: 2),
        new(N: 2, H: 7, W: 7, C: 64, P: 7, Q: 7),
    ];

    private static readonly LinearShape[] Linears =
        [
            new(N: 1, In: 1, Out: 1), new(N: 5, In: 37, Out: 11), new(N: 1, In: 67, Out: 2),
            new(N: 3, In: 130, Out: 33), new(N: 17, In: 5, Out: 67)];

    // Around a vector, around a chunk, and several chunks.
    private static readonly int[] Lengths =
        [
            1, 7, 8, 9, CpuMemory.ChunkFloats - 1, CpuMemory.ChunkFloats, CpuMemory.ChunkFloats + 1,
            5 * CpuMemory.ChunkFloats + 3];

    [OneTimeSetUp]
    public void Open() => device = kernels.Open()!;

    [OneTimeTearDown]
    public void Close() => device?.Dispose();

    [Test]
    public void ConvolutionEqualsReference(
        [ValueSource(nameof(Convolutions))] ConvolutionShape shape, [Values] bool bias) =>
        AssertEqual(on => Compute.Convolution(
            on, shape, TestData.Integers(shape.Input, 1), TestData.Integers(shape.Weights, 2),
            bias ? TestData.Integers(shape.K, 3) : null, TestData.Integers(shape.Output, 4)));

    [Test]
    public void MaxPoolingEqualsReference(
        [ValueSource(nameof(MaxPoolings))] MaxPoolingShape shape) =>
        // Few different values make many ties, which the first maximum must win.
        AssertEqual(on => Compute.MaxPooling(
            on, shape, TestData.Integers(shape.Input, 1, limit: 1), TestData.Integers(shape.Output, 2)));

    [Test]
    public void MaxPoolingPropagatesNanAndKeepsNegativeInfinity()
    {
        var shape = new MaxPoolingShape(N: 1, H: 6, W: 6, C: 9, Window: 3, Stride: 2, Padding: 1);
        float[] input = TestData.Integers(shape.Input, 1);
        input[(2 * 6 + 3) * 9 + 4] = float.NaN;
        input[(2 * 6 + 4) * 9 + 4] = float.NaN;
        for (int pixel = 0; pixel < 36; pixel++)
            input[pixel * 9 + 8] = float.NegativeInfinity;
        AssertEqual(on => Compute.MaxPooling(on, shape, input, TestData.Integers(shape.Output, 2)));
    }

    [Test]
    public void MaxPoolingFindsTheLastPixelOfTheLargestWindow()
    {
        const int window = MaxPoolingShape.MaxWindow;
        var shape = new MaxPoolingShape(N: 1, window, window, C: 12, window, Stride: 1, Padding: 0);
        float[] ascending = [.. Enumerable.Range(0, (int)shape.Input.Count).Select(i => (float)i)];
        AssertEqual(on => Compute.MaxPooling(on, shape, ascending, TestData.Integers(shape.Output, 2)));
    }

    [Test]
    public void AdaptiveAveragePoolingEqualsReference(
        [ValueSource(nameof(AdaptiveAveragePoolings))] AdaptiveAveragePoolingShape shape)
    {
        // Multiples of every window's size, so that the divisions are exact too.
        int multiple = 1;
        for (int p = 0; p < shape.P; p++)
            for (int q = 0; q < shape.Q; q++)
                multiple = multiple % shape.WindowSize(p, q) == 0 ? multiple : multiple * shape.WindowSize(p, q);
        float[] Multiples(TensorShape tensor, int seed) => Array.ConvertAll(
            TestData.Integers(tensor, seed), x => x * multiple);
        AssertEqual(
            on => Compute.AdaptiveAveragePooling(on, shape, Multiples(shape.Input, 1), Multiples(shape.Output, 2)));
    }

    [Test]
    public void LinearEqualsReference(
        [ValueSource(nameof(Linears))] LinearShape shape, [Values] bool bias) =>
        AssertEqual(on => Compute.Linear(
            on, shape, TestData.Integers(shape.Input, 1), TestData.Integers(shape.Weights, 2),
            bias ? TestData.Integers(shape.Out, 3) : null, TestData.Integers(shape.Output, 4)));

    [Test]
    public void ReluEqualsReference(
        [ValueSource(nameof(Lengths))] int length, [Values] bool inPlace)
    {
        float[] input = TestData.Integers(length, 1);
        input[length / 2] = float.NaN;
        AssertEqual(on => Compute.Relu(on, input, TestData.Integers(length, 2), inPlace));
    }

    [Test]
    public void AdditionEqualsReference(
        [ValueSource(nameof(Lengths))] int length, [Values] bool inPlace) =>
        AssertEqual(on => Compute.Addition(on, TestData.Integers(length, 1), TestData.Integers(length, 2), inPlace));

    [Test]
    public void SgdEqualsReference(
        [ValueSource(nameof(Lengths))] int length, [Values(0f, 0.5f)] float momentum,
        [Values(0f, 0.25f)] float weightDecay, [Values] bool nesterov)
    {
        // Powers of two, and three steps only: at most 12 binary places behind integers below 2^10.
        var options = new SgdOptions(0.5f, momentum, weightDecay, nesterov);
        float[][] gradients =
            [TestData.Integers(length, 1), TestData.Integers(length, 2), TestData.Integers(length, 3)];
        AssertEqual(on => Compute.Sgd(on, TestData.Integers(length, 4), gradients, options)
            .Select((values, step) => (values, step)).ToDictionary(x => $"step {x.step}", x => x.values));
    }

    private void AssertEqual(Func<ComputeDevice?, Dictionary<string, double[]>> compute)
    {
        Dictionary<string, double[]> expected = compute(null), actual = compute(device);
        Assert.Multiple(() =>
        {
            foreach ((string name, double[] values) in actual)
                Assert.That(values, Is.EqualTo(expected[name]), name);
        });
    }

    private static IEnumerable<ConvolutionShape> WindowsStridesAndPaddings() =>
        from window in new[] { 1, 2, 3, 5, 7 }
        from stride in new[] { 1, 2, 3 }
        from padding in new[] { 0, 1, 2, 3 }
        select new ConvolutionShape(
            N: 1 + padding % 2, H: 9, W: 8, C: window == 3 ? 16 : 3, K: window == 2 ? 4 : 5, window, window, stride,
            padding);

    // Tiles of the CPU are 6 or 14 pixels by 8, 16 or 32 channels, those of GPUs 64 or 128 of each.
    private static IEnumerable<ConvolutionShape> AroundTiles() =>
        from tile in new[] { 6, 8, 14, 16, 32, 64, 128 }
        from size in new[] { tile - 1, tile, tile + 1 }
        from shape in new[]
        {
            new ConvolutionShape(N: 1, H: 1, size, C: 8, K: 5, R: 1, S: 1, Stride: 1, Padding: 0),
            new ConvolutionShape(N: 1, H: 3, W: 2, C: 4, size, R: 2, S: 3, Stride: 1, Padding: 1),
            new ConvolutionShape(N: 1, H: 3, W: 2, size, K: 4, R: 3, S: 2, Stride: 1, Padding: 1),
        }
        select shape;
}
