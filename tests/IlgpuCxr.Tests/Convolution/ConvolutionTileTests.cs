using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>
/// Each tile of the convolution's GPU kernels, interpreted, against the reference: products as small as these would
/// take the small one.
/// </summary>
[TestFixtureSource(nameof(Fixtures))]
public sealed class ConvolutionTileTests(string algorithms)
{
    private ComputeDevice device = null!;

    // Rows and columns on either side of 64 and 128, whole and ragged, with quads of channels and without; and tiles
    // one after the other in the depth, in every pass.
    private static readonly ConvolutionShape[] shapes =
    [
        new(N: 1, H: 1, W: 129, C: 8, K: 12, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 1, H: 8, W: 16, C: 16, K: 128, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 2, H: 5, W: 25, C: 32, K: 124, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 1, H: 10, W: 12, C: 31, K: 125, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 1, H: 12, W: 11, C: 128, K: 128, R: 1, S: 1, Stride: 1, Padding: 0),
    ];

    private static IEnumerable<string> Fixtures() => Forced(
        [
            ConvolutionAlgorithm.Tiled, ConvolutionAlgorithm.Tf32, ConvolutionAlgorithm.Bf16,
            ConvolutionAlgorithm.WarpgroupTf32, ConvolutionAlgorithm.WarpgroupBf16]);

    /// <summary>Choices of each algorithm with each of its tiles.</summary>
    internal static IEnumerable<string> Forced(ConvolutionAlgorithm[] algorithms) =>
        from algorithm in algorithms
        from tile in algorithm == ConvolutionAlgorithm.Tiled
            ? [TileAlgorithm.Large, TileAlgorithm.Small]
            : Enum.GetValues<TileAlgorithm>()
        select $"convolution={algorithm},tile={tile}".ToLowerInvariant();

    [OneTimeSetUp]
    public void Open() => device = EmulatedGpu.Open(new DeviceOptions { Algorithms = algorithms });

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [TestCaseSource(nameof(shapes))]
    public void ForwardEqualsTheReference(ConvolutionShape shape) => ConvolutionChecks.Forward(device, shape);

    [TestCaseSource(nameof(shapes))]
    public void ForwardForBatchNormEqualsTheReferenceWithMoments(ConvolutionShape shape) =>
        ConvolutionChecks.ForwardForBatchNorm(device, shape, ConvolutionTiledPasses.HasQuads(shape));

    [TestCaseSource(nameof(shapes))]
    public void BackwardDataEqualsTheReference(ConvolutionShape shape) => ConvolutionChecks.BackwardData(device, shape);

    [TestCaseSource(nameof(shapes))]
    public void BackwardWeightsEqualsTheReference(ConvolutionShape shape) =>
        ConvolutionChecks.BackwardWeights(device, shape);
}
