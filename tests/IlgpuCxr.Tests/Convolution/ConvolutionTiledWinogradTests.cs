using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Operators;
using IlgpuCxr.Tests.Ptx;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>The PTX of Winograd's convolution on GPUs, interpreted.</summary>
public sealed class ConvolutionTiledWinogradTests
{
    private const string Algorithm = "tiledwinograd4";

    private ComputeDevice device = null!;

    private static readonly ConvolutionShape[] shapes =
    [
        // One pixel; whole tiles; tiles that the image does not fill, each padding; more channels than a tile has.
        new(N: 1, H: 1, W: 1, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 4, W: 8, C: 8, K: 16, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 5, W: 7, C: 16, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 8, W: 11, C: 8, K: 24, R: 3, S: 3, Stride: 1, Padding: 0),
        new(N: 3, H: 6, W: 3, C: 24, K: 8, R: 3, S: 3, Stride: 1, Padding: 2),
        new(N: 1, H: 3, W: 6, C: 8, K: 72, R: 3, S: 3, Stride: 1, Padding: 1),
        // So many tiles that a gradient's are cut into slices.
        new(N: 130, H: 5, W: 5, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
    ];

    [OneTimeSetUp]
    public void Open() => device = EmulatedGpu.Open(new DeviceOptions { Algorithms = $"convolution={Algorithm}" });

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [TestCaseSource(nameof(shapes))]
    public void AllPassesAreWithinTheErrorBound(ConvolutionShape shape)
    {
        Assert.That(Operator.Choose(device, shape), Is.EqualTo(ConvolutionAlgorithm.TiledWinograd4));
        var check = new ConvolutionCase(
            shape, CheckValues.Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Weights.Count, 2),
            CheckValues.Uniform(shape.K, 3), CheckValues.Uniform(shape.Output.Count, 4));
        Assert.That(GradientChecker.CheckKernels(check, device, Algorithm).Error, Is.LessThanOrEqualTo(1));
    }

    /// <summary>
    /// A chunk has whole images, whose sums are the same; the weights' gradient adds up the chunks' in another order.
    /// </summary>
    [Test]
    public void ChunksOfABatchGiveTheSame()
    {
        var shape = new ConvolutionShape(N: 3, H: 6, W: 9, C: 8, K: 16, R: 3, S: 3, Stride: 1, Padding: 1);
        float[][] whole = Passes(shape, new ConvolutionTiledWinograd());
        // A tile has 36 · (8 + 16) floats, an image six: two images a chunk, then one.
        float[][] chunked = Passes(shape, new ConvolutionTiledWinograd(2 * 6 * 36 * 24));
        Assert.That(chunked[0], Is.EqualTo(whole[0]), "output");
        Assert.That(chunked[1], Is.EqualTo(whole[1]), "gradInput");
        Assert.That(chunked[2], Is.EqualTo(whole[2]).Within(1e-4), "gradWeights");
    }

    [TestCase(64, 64, 64, 56, ExpectedResult = ConvolutionAlgorithm.TiledWinograd4)]
    [TestCase(64, 512, 512, 7, ExpectedResult = ConvolutionAlgorithm.TiledWinograd4)]
    [TestCase(2, 512, 512, 14, ExpectedResult = ConvolutionAlgorithm.TiledWinograd4)]
    [TestCase(
        64, 16, 16, 56, ExpectedResult = ConvolutionAlgorithm.Tiled,
        TestName = "Transforms cost more than few channels save")]
    [TestCase(
        1, 64, 64, 8, ExpectedResult = ConvolutionAlgorithm.Tiled,
        TestName = "Launches cost more than a small image saves")]
    [TestCase(
        64, 60, 64, 56, ExpectedResult = ConvolutionAlgorithm.Tiled,
        TestName = "Channels that fill no depth of a tile are direct")]
    public ConvolutionAlgorithm IsChosenInSinglePrecisionWhereItSaves(int images, int c, int k, int edge)
    {
        using ComputeDevice free = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Fp32 });
        return Operator.Choose(free, new ConvolutionShape(images, edge, edge, c, k, 3, 3, 1, 1));
    }

    private static readonly ConvolutionShape[] others =
    [
        new(N: 1, H: 8, W: 8, C: 8, K: 8, R: 3, S: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 8, W: 8, C: 8, K: 8, R: 1, S: 1, Stride: 1, Padding: 1),
        new(N: 1, H: 8, W: 8, C: 12, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 0, H: 8, W: 8, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
    ];

    [TestCaseSource(nameof(others))]
    public void OtherShapesAreTiled(ConvolutionShape shape) =>
        Assert.That(Operator.Choose(device, shape), Is.EqualTo(ConvolutionAlgorithm.Tiled));

    private float[][] Passes(ConvolutionShape shape, ConvolutionTiledWinograd passes)
    {
        using var memory = new DeviceMemory(device);
        Tensor input = memory.Tensor(shape.Input, TestData.Floats(shape.Input.Count, 1));
        Tensor gradOutput = memory.Tensor(shape.Output, TestData.Floats(shape.Output.Count, 2));
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        var (weights, gradWeights) =
            (memory.Vector(TestData.Floats(shape.Weights.Count, 3)), memory.Vector((int)shape.Weights.Count));
        memory.Run(() =>
        {
            passes.Forward(device, output, input, weights, bias: default, relu: false, shape);
            passes.BackwardData(device, gradInput, gradOutput, weights, accumulate: false, activation: null, shape);
            passes.BackwardWeights(device, gradWeights, gradOutput, input, shape);
        });
        return
        [
            [.. memory.Read(output).Select(x => (float)x)], [.. memory.Read(gradInput).Select(x => (float)x)],
            [.. memory.Read(gradWeights).Select(x => (float)x)],
        ];
    }
}
