using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>The PTX of the convolution's GPU kernels, interpreted, against the reference.</summary>
[TestFixture(ConvolutionAlgorithm.Naive)]
[TestFixture(ConvolutionAlgorithm.Tiled)]
[TestFixture(ConvolutionAlgorithm.Tf32)]
[TestFixture(ConvolutionAlgorithm.Bf16)]
[TestFixture(ConvolutionAlgorithm.WarpgroupTf32)]
[TestFixture(ConvolutionAlgorithm.WarpgroupBf16)]
public sealed class ConvolutionPtxTests(ConvolutionAlgorithm algorithm)
{
    private ComputeDevice device = null!;

    private static readonly ConvolutionShape[] shapes =
    [
        // Odd channels: single floats; with padding, stride, a filter that is not square, one pixel.
        new(N: 1, H: 1, W: 1, C: 1, K: 1, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 2, H: 5, W: 4, C: 3, K: 5, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 9, W: 7, C: 3, K: 7, R: 7, S: 7, Stride: 2, Padding: 3),
        new(N: 1, H: 5, W: 6, C: 5, K: 67, R: 3, S: 2, Stride: 3, Padding: 0),
        // An image's three channels, and seven, which are computed as four and eight.
        new(N: 1, H: 9, W: 7, C: 3, K: 8, R: 7, S: 7, Stride: 2, Padding: 3),
        new(N: 2, H: 4, W: 5, C: 7, K: 12, R: 3, S: 3, Stride: 1, Padding: 1),
        // Quads of channels: 16-byte copies; a depth that ends within a stage.
        new(N: 2, H: 5, W: 4, C: 4, K: 8, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 8, W: 7, C: 12, K: 20, R: 3, S: 3, Stride: 2, Padding: 1),
        new(N: 1, H: 6, W: 5, C: 20, K: 68, R: 1, S: 1, Stride: 2, Padding: 0),
        // Slices of the depth, summed afterwards: a linear layer, and a filter's gradient over many pixels.
        new(N: 5, H: 1, W: 1, C: 600, K: 12, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 2, H: 20, W: 20, C: 4, K: 8, R: 1, S: 1, Stride: 1, Padding: 0),
        // The same of bfloat16, in forward and in backward-data.
        new(N: 5, H: 1, W: 1, C: 1024, K: 16, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 5, H: 1, W: 1, C: 16, K: 1024, R: 1, S: 1, Stride: 1, Padding: 0),
        // Several blocks of channels with several taps (TapOrder), and a stride's phases of bfloat16.
        new(N: 1, H: 4, W: 3, C: 64, K: 40, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 5, W: 4, C: 24, K: 16, R: 3, S: 3, Stride: 2, Padding: 1),
        // So many that groups add them up: of a gradient of 33 results, which are no whole group.
        new(N: 2, H: 48, W: 47, C: 3, K: 11, R: 1, S: 1, Stride: 1, Padding: 0),
        new(N: 2, H: 48, W: 47, C: 4, K: 12, R: 1, S: 1, Stride: 1, Padding: 0),
    ];

    [OneTimeSetUp]
    public void Open() => device = EmulatedGpu.Open(new DeviceOptions { Algorithms = $"convolution={algorithm}" });

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [TestCaseSource(nameof(shapes))]
    public void ForwardEqualsTheReference(ConvolutionShape shape) => ConvolutionChecks.Forward(device, shape);

    /// <summary>
    /// A block tile has moments of quads of channels, an image's three being made four, and of sums too short for two
    /// slices, which are 256 deep at least.
    /// </summary>
    [TestCaseSource(nameof(shapes))]
    public void ForwardForBatchNormEqualsTheReferenceWithMoments(ConvolutionShape shape) =>
        ConvolutionChecks.ForwardForBatchNorm(
        device, shape,
        algorithm != ConvolutionAlgorithm.Naive && ConvolutionTiledPasses.HasQuads(shape)
            && shape.R * shape.S * shape.C < 512);

    [TestCaseSource(nameof(shapes))]
    public void BackwardDataEqualsTheReference(ConvolutionShape shape) => ConvolutionChecks.BackwardData(device, shape);

    [TestCaseSource(nameof(shapes))]
    public void BackwardWeightsEqualsTheReference(ConvolutionShape shape) =>
        ConvolutionChecks.BackwardWeights(device, shape);
}
