using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Operators;
using IlgpuCxr.Tests.Ptx;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;
using SelfTestConvolutions = IlgpuCxr.SelfTest.ConvolutionChecks;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>Winograd's convolution on every GPU-like device that is present, and its PTX interpreted.</summary>
[TestFixtureSource(nameof(Selectors))]
public sealed class ConvolutionTiledWinogradTests(string selector)
{
    private const string Algorithm = "tiledwinograd4", Interpreted = "interpreted";

    private ComputeDevice device = null!;

    private static readonly ConvolutionShape[] shapes =
    [
        // One pixel; whole Winograd tiles; some that the image does not fill, each padding; more channels than a block
        // tile has.
        new(N: 1, H: 1, W: 1, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 4, W: 8, C: 8, K: 16, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 5, W: 7, C: 16, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 8, W: 11, C: 8, K: 24, R: 3, S: 3, Stride: 1, Padding: 0),
        new(N: 3, H: 6, W: 3, C: 24, K: 8, R: 3, S: 3, Stride: 1, Padding: 2),
        new(N: 1, H: 3, W: 6, C: 8, K: 72, R: 3, S: 3, Stride: 1, Padding: 1),
        // So many Winograd tiles that a gradient's are cut into slices.
        new(N: 130, H: 5, W: 5, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
    ];

    private static IEnumerable<string> Selectors() =>
        DeviceCatalog.List().Where(present => present.Kind != DeviceKind.Cpu).Select(present => present.Selector)
            .Prepend(Interpreted);

    [OneTimeSetUp]
    public void Open() => device = OpenWith($"convolution={Algorithm}");

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [TestCaseSource(nameof(shapes))]
    public void AllPassesAreWithinTheErrorBound(ConvolutionShape shape) => Check(device, shape);

    [Test]
    public void LargeTilesAreWithinTheErrorBound()
    {
        using ComputeDevice large = OpenWith($"convolution={Algorithm},tile=large");
        Check(large, shapes[2]);
    }

    [Test]
    public void AGradientOfManyTilesIsCutIntoSlices()
    {
        ConvolutionShape shape = shapes[^1];
        TiledPlan plan = TiledGemm.Planner.PlanBatched(
            shape.K, shape.C, TiledWinogradTiles.Count(shape.Output), ConvolutionTiledWinogradPasses.Elements,
            isCut: true,
            forced: null, out _);
        Assert.That(plan.Slices, Is.EqualTo(2 * ConvolutionTiledWinogradPasses.Elements));
    }

    /// <summary>
    /// A chunk has whole images, whose sums are the same; the weights' gradient adds up the chunks' in another order.
    /// </summary>
    [Test]
    public void ChunksOfABatchGiveTheSame()
    {
        var shape = new ConvolutionShape(N: 3, H: 6, W: 9, C: 8, K: 16, R: 3, S: 3, Stride: 1, Padding: 1);
        double[][] whole = Passes(shape, new ConvolutionTiledWinogradPasses());
        // A Winograd tile has 36 · (8 + 16) floats, an image six: two images a chunk, then one.
        double[][] chunked = Passes(shape, new ConvolutionTiledWinogradPasses(2 * 6 * 36 * 24));
        Assert.That(chunked[0], Is.EqualTo(whole[0]), "output");
        Assert.That(chunked[1], Is.EqualTo(whole[1]), "gradInput, masked");
        Assert.That(chunked[2], Is.EqualTo(whole[2]), "gradInput, added and masked");
        Assert.That(chunked[3], Is.EqualTo(whole[3]).Within(1e-4), "gradWeights");
    }

    [TestCase(64, ExpectedResult = 8, TestName = "Chunks are of one size: eight of 8 images, not seven of 9 and one")]
    [TestCase(9, ExpectedResult = 9, TestName = "A batch that fits is one chunk")]
    public int ImagesPerChunk(int images) =>
        ConvolutionTiledWinogradPasses.ImagesPerChunk(new ConvolutionShape(images, 224, 224, 64, 64, 3, 3, 1, 1));

    [Test]
    public void TheSelfTestHasShapesForIt()
    {
        using ComputeDevice free = OpenWith("");
        Assert.That(
            SelfTestConvolutions.Shapes.Select(shape => Operator.Choose(free, shape)),
            Does.Contain(ConvolutionAlgorithm.TiledWinograd4).And.Contain(ConvolutionAlgorithm.Tiled));
    }

    /// <summary>With 16 integers it may be kept in local memory, as the structure's remarks say.</summary>
    [Test]
    public void TheTilesHaveFifteenIntegers() =>
        Assert.That(Unsafe.SizeOf<TiledWinogradTiles>(), Is.EqualTo(15 * sizeof(int)));

    [TestCase(64, 64, 64, 56, ExpectedResult = ConvolutionAlgorithm.TiledWinograd4)]
    [TestCase(64, 512, 512, 7, ExpectedResult = ConvolutionAlgorithm.TiledWinograd4)]
    [TestCase(
        1, 64, 64, 8, ExpectedResult = ConvolutionAlgorithm.TiledWinograd4,
        TestName = "36 products keep a GPU busier than one with few results")]
    [TestCase(
        2, 512, 512, 14, ExpectedResult = ConvolutionAlgorithm.Tiled,
        TestName = "Transformed weights cost more than two small images save")]
    [TestCase(
        64, 8, 8, 56, ExpectedResult = ConvolutionAlgorithm.Tiled,
        TestName = "Transforms cost more than few channels save")]
    [TestCase(
        64, 60, 64, 56, ExpectedResult = ConvolutionAlgorithm.Tiled,
        TestName = "Channels that fill no stage are direct")]
    public ConvolutionAlgorithm IsChosenInSinglePrecisionWhereItSaves(int images, int c, int k, int edge)
    {
        using ComputeDevice free = OpenWith("");
        return Operator.Choose(free, new ConvolutionShape(images, edge, edge, c, k, 3, 3, 1, 1));
    }

    private static readonly ConvolutionShape[] others =
    [
        new(N: 1, H: 8, W: 8, C: 8, K: 8, R: 3, S: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 8, W: 8, C: 8, K: 8, R: 1, S: 1, Stride: 1, Padding: 1),
        new(N: 1, H: 8, W: 8, C: 12, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 0, H: 8, W: 8, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        // Transformed weights, and a transformed image, of more than 2^31 floats.
        new(N: 1, H: 8, W: 8, C: 8192, K: 8192, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 8192, W: 8192, C: 8, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
    ];

    [TestCaseSource(nameof(others))]
    public void OtherShapesAreTiled(ConvolutionShape shape) =>
        Assert.That(Operator.Choose(device, shape), Is.EqualTo(ConvolutionAlgorithm.Tiled));

    private ComputeDevice OpenWith(string algorithms)
    {
        var options = new DeviceOptions { Algorithms = algorithms, Precision = Precision.Fp32 };
        return selector == Interpreted ? EmulatedGpu.Open(options) : DeviceCatalog.Open(selector, options);
    }

    private static void Check(ComputeDevice device, ConvolutionShape shape)
    {
        Assert.That(Operator.Choose(device, shape), Is.EqualTo(ConvolutionAlgorithm.TiledWinograd4));
        var check = new ConvolutionCase(
            shape, CheckValues.Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Weights.Count, 2),
            CheckValues.Uniform(shape.K, 3), CheckValues.Uniform(shape.Output.Count, 4));
        Assert.That(GradientChecker.CheckKernels(check, device, Algorithm).Error, Is.LessThanOrEqualTo(1));
    }

    private double[][] Passes(ConvolutionShape shape, ConvolutionTiledWinogradPasses passes)
    {
        using var memory = new DeviceMemory(device);
        Tensor input = memory.Tensor(shape.Input, TestData.Floats(shape.Input.Count, 1));
        Tensor gradOutput = memory.Tensor(shape.Output, TestData.Floats(shape.Output.Count, 2));
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        Tensor added = memory.Tensor(shape.Input, TestData.Floats(shape.Input.Count, 5));
        var (weights, gradWeights) =
            (memory.Vector(TestData.Floats(shape.Weights.Count, 3)), memory.Vector((int)shape.Weights.Count));
        ArrayView<float> bias = memory.Vector(TestData.Floats(shape.K, 4));
        memory.Run(() =>
        {
            passes.Forward(device, output, input, weights, bias, relu: true, statistics: false, shape);
            passes.BackwardData(device, gradInput, gradOutput, weights, accumulate: false, activation: input, shape);
            passes.BackwardData(device, added, gradOutput, weights, accumulate: true, activation: input, shape);
            passes.BackwardWeights(device, gradWeights, gradOutput, input, shape);
        });
        return [memory.Read(output), memory.Read(gradInput), memory.Read(added), memory.Read(gradWeights)];
    }
}
