using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>Kernels against references on shapes that break indexing; integers, so that every result must be equal.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class ExactTests
{
    // ConvolutionPtxTests has the convolution's GPU kernels, and a linear layer among its shapes.
    private static readonly Implementation[] Kernels = [Implementation.Naive, Implementation.Vector];

    private static readonly Implementation[] KernelsAndGpu = [.. Kernels, Implementation.Gpu];

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
    ];

    private static readonly MaxPoolingShape[] MaxPoolings =
    [
        new(N: 1, H: 1, W: 1, C: 1, Window: 1, Stride: 1, Padding: 0),
        new(N: 1, H: 1, W: 1, C: 5, Window: 3, Stride: 2, Padding: 1),
        new(N: 2, H: 7, W: 5, C: 3, Window: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 13, W: 11, C: 17, Window: 3, Stride: 1, Padding: 1),
        new(N: 3, H: 8, W: 6, C: 33, Window: 2, Stride: 2, Padding: 0),
        new(N: 1, H: 9, W: 17, C: 67, Window: 3, Stride: 3, Padding: 0),
        new(N: 2, H: 10, W: 7, C: 64, Window: 2, Stride: 3, Padding: 1),
        new(N: 1, H: 12, W: 9, C: 8, Window: 5, Stride: 2, Padding: 2),
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
        [new(N: 1, In: 1, Out: 1), new(N: 5, In: 37, Out: 11), new(N: 1, In: 67, Out: 2), new(N: 3, In: 130, Out: 33), new(N: 17, In: 5, Out: 67)];

    // Around a vector, around a chunk, and several chunks.
    private static readonly int[] Lengths =
        [1, 7, 8, 9, CpuMemory.ChunkFloats - 1, CpuMemory.ChunkFloats, CpuMemory.ChunkFloats + 1, 5 * CpuMemory.ChunkFloats + 3];

    [Test]
    public void ConvolutionEqualsReference(
        [ValueSource(nameof(Convolutions))] ConvolutionShape shape, [Values] bool bias, [ValueSource(nameof(Kernels))] Implementation kernels) =>
        AssertEqual(kernels, device => Compute.Convolution(
            device, shape, TestData.Integers(shape.Input, 1), TestData.Integers(shape.Weights, 2), bias ? TestData.Integers(shape.K, 3) : null,
            TestData.Integers(shape.Output, 4)));

    [Test]
    public void MaxPoolingEqualsReference(
        [ValueSource(nameof(MaxPoolings))] MaxPoolingShape shape, [ValueSource(nameof(KernelsAndGpu))] Implementation kernels) =>
        // Few different values make many ties, which the first maximum must win.
        AssertEqual(kernels, device => Compute.MaxPooling(
            device, shape, TestData.Integers(shape.Input, 1, limit: 1), TestData.Integers(shape.Output, 2)));

    [Test]
    public void MaxPoolingPropagatesNanAndKeepsNegativeInfinity([ValueSource(nameof(KernelsAndGpu))] Implementation kernels)
    {
        var shape = new MaxPoolingShape(N: 1, H: 6, W: 6, C: 9, Window: 3, Stride: 2, Padding: 1);
        float[] input = TestData.Integers(shape.Input, 1);
        input[(2 * 6 + 3) * 9 + 4] = float.NaN;
        input[(2 * 6 + 4) * 9 + 4] = float.NaN;
        for (int pixel = 0; pixel < 36; pixel++)
            input[pixel * 9 + 8] = float.NegativeInfinity;
        AssertEqual(kernels, device => Compute.MaxPooling(device, shape, input, TestData.Integers(shape.Output, 2)));
    }

    [Test]
    public void AdaptiveAveragePoolingEqualsReference(
        [ValueSource(nameof(AdaptiveAveragePoolings))] AdaptiveAveragePoolingShape shape, [ValueSource(nameof(KernelsAndGpu))] Implementation kernels)
    {
        // Multiples of every window's size, so that the divisions are exact too.
        int multiple = 1;
        for (int p = 0; p < shape.P; p++)
            for (int q = 0; q < shape.Q; q++)
                multiple = multiple % shape.WindowSize(p, q) == 0 ? multiple : multiple * shape.WindowSize(p, q);
        float[] Multiples(TensorShape tensor, int seed) => Array.ConvertAll(TestData.Integers(tensor, seed), x => x * multiple);
        AssertEqual(kernels, device => Compute.AdaptiveAveragePooling(device, shape, Multiples(shape.Input, 1), Multiples(shape.Output, 2)));
    }

    [Test]
    public void LinearEqualsReference(
        [ValueSource(nameof(Linears))] LinearShape shape, [Values] bool bias, [ValueSource(nameof(Kernels))] Implementation kernels) =>
        AssertEqual(kernels, device => Compute.Linear(
            device, shape, TestData.Integers(shape.Input, 1), TestData.Integers(shape.Weights, 2), bias ? TestData.Integers(shape.Out, 3) : null,
            TestData.Integers(shape.Output, 4)));

    [Test]
    public void ReluEqualsReference(
        [ValueSource(nameof(Lengths))] int length, [Values] bool inPlace, [ValueSource(nameof(KernelsAndGpu))] Implementation kernels)
    {
        float[] input = TestData.Integers(length, 1);
        input[length / 2] = float.NaN;
        AssertEqual(kernels, device => Compute.Relu(device, input, TestData.Integers(length, 2), inPlace));
    }

    [Test]
    public void AdditionEqualsReference(
        [ValueSource(nameof(Lengths))] int length, [Values] bool inPlace, [ValueSource(nameof(KernelsAndGpu))] Implementation kernels) =>
        AssertEqual(kernels, device => Compute.Addition(device, TestData.Integers(length, 1), TestData.Integers(length, 2), inPlace));

    [Test]
    public void SgdEqualsReference(
        [ValueSource(nameof(Lengths))] int length, [Values(0f, 0.5f)] float momentum, [Values(0f, 0.25f)] float weightDecay, [Values] bool nesterov,
        [ValueSource(nameof(KernelsAndGpu))] Implementation kernels)
    {
        // Powers of two, and three steps only: at most 12 binary places behind integers below 2^10.
        var options = new SgdOptions(0.5f, momentum, weightDecay, nesterov);
        float[][] gradients = [TestData.Integers(length, 1), TestData.Integers(length, 2), TestData.Integers(length, 3)];
        AssertEqual(kernels, device => Compute.Sgd(device, TestData.Integers(length, 4), gradients, options)
            .Select((values, step) => (values, step)).ToDictionary(x => $"step {x.step}", x => x.values));
    }

    private static void AssertEqual(Implementation kernels, Func<ComputeDevice?, Dictionary<string, double[]>> compute)
    {
        using ComputeDevice? device = kernels.Open();
        Dictionary<string, double[]> expected = compute(null), actual = compute(device);
        Assert.Multiple(() =>
        {
            foreach ((string name, double[] values) in expected)
                Assert.That(actual[name], Is.EqualTo(values), name);
        });
    }
}
