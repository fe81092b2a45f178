using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

public sealed class ConvolutionTiledTests
{
    [Test]
    public void SlicesCoverTheDepthOnceAndNoneIsEmpty(
        [Values(1, 64, 1568, 100352)] int rows, [Values(1, 64, 130, 4608)] int columns, [Values(0, 1, 27, 255, 576, 4608, 1605632)] int depth)
    {
        var plan = new TiledPlan(rows, columns, depth);
        Assert.That((long)plan.Slices * plan.SliceDepth, Is.GreaterThanOrEqualTo(depth));
        Assert.That((long)(plan.Slices - 1) * plan.SliceDepth, Is.LessThan(Math.Max(1, depth)));
        Assert.That(plan.SliceDepth % TiledGemm.Depth, Is.Zero);
    }

    [TestCase(1568, 512, 4608, ExpectedResult = 128, TestName = "The last layers of ResNet take large tiles")]
    [TestCase(100352, 64, 576, ExpectedResult = 64, TestName = "64 channels take small tiles")]
    [TestCase(32, 4096, 25088, ExpectedResult = 64, TestName = "A linear layer with a small batch takes small tiles")]
    public int TheTileFollowsTheSizes(int rows, int columns, int depth) => new TiledPlan(rows, columns, depth).RowExtent;

    [TestCase(3, 64, ExpectedResult = 4)]
    [TestCase(7, 12, ExpectedResult = 8)]
    [TestCase(4, 64, ExpectedResult = null, TestName = "Quads of channels stay as they are")]
    [TestCase(5, 64, ExpectedResult = null, TestName = "Five channels are not computed as eight")]
    [TestCase(3, 5, ExpectedResult = null, TestName = "Outputs that are no quads gain nothing")]
    public int? ChannelsAreWidenedWhereThatCostsAThirdAtMost(int channels, int outputs) =>
        ConvolutionTiled.WidensTo(new ConvolutionShape(1, 8, 8, channels, outputs, 3, 3, 1, 1))?.C;

    private static IEnumerable<ConvolutionShape> Lines() =>
        from height in new[] { 1, 2, 5, 9 }
        from kernel in new[] { 1, 2, 3, 7 }
        from stride in new[] { 1, 2, 3 }
        from padding in new[] { 0, 1, 3 }
        where height + 2 * padding >= kernel
        select new ConvolutionShape(1, height, 1, 1, 1, kernel, 1, stride, padding);

    [TestCaseSource(nameof(Lines))]
    public void PhasesVisitEveryProductOnce(ConvolutionShape shape)
    {
        (int height, int stride, int padding) = (shape.H, shape.Stride, shape.Padding);
        var found = new List<(int H, int R, int P)>();
        for (int h0 = 0; h0 < Math.Min(stride, height); h0++)
        {
            var phase = new StridePhase(shape, h0, 0);
            for (int i = 0; i < phase.Rows; i++)
                for (int j = 0; j < phase.TapRows; j++)
                    found.Add((phase.FirstH + i * stride, phase.FirstR + j * stride, phase.FirstP + i - j));
        }
        var expected = from h in Enumerable.Range(0, height)
                       from r in Enumerable.Range(0, shape.R)
                       where (h + padding - r) % stride == 0
                       select (h, r, (h + padding - r) / stride);
        Assert.That(found, Is.EquivalentTo(expected));
    }

    [Test]
    public void WarpgroupsComputeEveryPassOfQuadsAndNoOther()
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions { Algorithms = "convolution=warpgrouptf32" }, out EmulatedGpu gpu);
        var shape = new ConvolutionShape(N: 1, H: 3, W: 3, C: 4, K: 4, R: 1, S: 1, Stride: 1, Padding: 0);
        foreach (Action<ComputeDevice, ConvolutionShape> pass in new Action<ComputeDevice, ConvolutionShape>[] { ConvolutionChecks.Forward, ConvolutionChecks.BackwardData, ConvolutionChecks.BackwardWeights })
        {
            gpu.Launched.Clear();
            pass(device, shape);
            Assert.That(gpu.Launched, Does.Contain(typeof(WarpgroupGemm)).And.Not.Contain(typeof(TensorCoreGemm)), pass.Method.Name);
        }
        Assert.That(Operator.Choose(device, shape), Is.EqualTo(ConvolutionAlgorithm.WarpgroupTf32));
        Assert.That(Operator.Choose(device, shape with { K = 5 }), Is.EqualTo(ConvolutionAlgorithm.Tf32));
    }

    [Test]
    public void IsRefusedOnTheCpuWithTheRemedy()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "convolution=tiled" });
        var shape = new ConvolutionShape(1, 1, 1, 1, 1, 1, 1, 1, 0);
        using DeviceBuffer<float> memory = device.Allocate<float>(1);
        var tensor = new Tensor(shape.Input, memory.View);
        Assert.That(
            () => Operator.Forward(device, tensor, tensor, memory.View, default, relu: false, shape),
            Throws.TypeOf<DeviceException>().With.Message.Contains("'tiled' does not run on CPU").And.Message.Contains("naive or vector"));
    }
}
