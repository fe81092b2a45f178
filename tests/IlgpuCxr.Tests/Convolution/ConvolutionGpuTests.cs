using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>The convolution on every GPU-like device that is present, against the reference.</summary>
[TestFixtureSource(nameof(Fixtures))]
public sealed class ConvolutionGpuTests(string selector, string algorithms)
{
    private ComputeDevice? device;

    private static IEnumerable<object[]> Fixtures() =>
        from present in DeviceCatalog.List()
        where present.Kind != DeviceKind.Cpu
        from algorithms in Algorithms(present.Selector)
        select new object[] { present.Selector, algorithms };

    /// <summary>What a device's convolutions can be computed with.</summary>
    internal static IEnumerable<string> Algorithms(string selector)
    {
        bool isCuda = selector.StartsWith("cuda", StringComparison.Ordinal);
        ConvolutionAlgorithm[] algorithms = isCuda
            ? [ConvolutionAlgorithm.Tiled, ConvolutionAlgorithm.Tf32, ConvolutionAlgorithm.Bf16]
            : selector.StartsWith("opencl", StringComparison.Ordinal) ? [ConvolutionAlgorithm.Tiled] : [];
        return algorithms.Length == 0 ? [] : ConvolutionTileTests.Forced(algorithms).Prepend("convolution=naive");
    }

    private static IEnumerable<ConvolutionShape> Shapes()
    {
        // Every kernel, stride and padding, once with odd channels and once with quads of channels.
        foreach ((int c, int k) in new[] { (3, 5), (4, 8) })
            foreach ((int r, int s) in new[] { (1, 1), (2, 2), (3, 3), (5, 5), (7, 7), (1, 7), (3, 2) })
                for (int stride = 1; stride <= 3; stride++)
                    for (int padding = 0; padding <= 3; padding++)
                        yield return new ConvolutionShape(2, 9, 7, c, k, r, s, stride, padding);
        // Channels on either side of every quad, tile and warp.
        foreach (int c in new[] { 1, 3, 5, 17, 33, 63, 64, 65, 67 })
        {
            yield return new ConvolutionShape(1, 5, 6, c, 67, 3, 3, 1, 1);
            yield return new ConvolutionShape(1, 5, 6, 68, c, 3, 3, 2, 1);
        }
        // Pixels on either side of a tile of 64 and of 128 rows.
        foreach (int width in new[] { 1, 63, 64, 65, 127, 128, 129 })
        {
            yield return new ConvolutionShape(1, 1, width, 8, 12, 1, 1, 1, 0);
            yield return new ConvolutionShape(1, 1, width, 7, 11, 1, 1, 1, 0);
        }
        // The large tile with ragged edges, with and without quads, with and without slices.
        yield return new ConvolutionShape(2, 5, 25, 32, 252, 1, 1, 1, 0);
        yield return new ConvolutionShape(2, 5, 25, 31, 251, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 10, 25, 252, 252, 2, 2, 1, 1);
        yield return new ConvolutionShape(1, 10, 25, 251, 250, 2, 2, 1, 1);
        // A linear layer; the first layer of ResNet; more pixels than one slice of a filter's gradient.
        yield return new ConvolutionShape(5, 1, 1, 600, 130, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 32, 32, 3, 64, 7, 7, 2, 3);
        yield return new ConvolutionShape(2, 40, 41, 4, 8, 3, 3, 1, 1);
    }

    [OneTimeSetUp]
    public void Open() => device = DeviceCatalog.Open(selector, new DeviceOptions { Algorithms = algorithms });

    [OneTimeTearDown]
    public void Close() => device?.Dispose();

    [TestCaseSource(nameof(Shapes))]
    public void ForwardEqualsTheReference(ConvolutionShape shape) => ConvolutionChecks.Forward(device!, shape);

    [TestCaseSource(nameof(Shapes))]
    public void BackwardDataEqualsTheReference(ConvolutionShape shape) =>
        ConvolutionChecks.BackwardData(device!, shape);

    [TestCaseSource(nameof(Shapes))]
    public void BackwardWeightsEqualsTheReference(ConvolutionShape shape) =>
        ConvolutionChecks.BackwardWeights(device!, shape);
}
