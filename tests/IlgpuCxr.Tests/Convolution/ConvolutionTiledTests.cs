using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;
using SelfTestConvolutions = IlgpuCxr.SelfTest.ConvolutionChecks;

namespace IlgpuCxr.Tests.Convolution;

public sealed class ConvolutionTiledTests
{
    [Test]
    public void SlicesCoverTheDepthOnceAndNoneIsEmpty(
        [Values(1, 64, 1568, 100352)] int rows, [Values(1, 64, 130, 4608)] int columns,
        [Values(0, 1, 27, 255, 576, 4608, 1605632)] int depth)
    {
        TiledPlan plan = TiledGemm.Planner.Plan(rows, columns, depth, null);
        Assert.That((long)plan.Slices * plan.SliceDepth, Is.GreaterThanOrEqualTo(depth));
        Assert.That((long)(plan.Slices - 1) * plan.SliceDepth, Is.LessThan(Math.Max(1, depth)));
        Assert.That(plan.SliceDepth % TiledGemm.StageDepth, Is.Zero);
    }

    [Test]
    public void BatchedProductsHaveWholeSlices(
        [Values(1, 64, 512)] int rows, [Values(8, 512)] int columns, [Values(1, 8, 100, 576, 200704)] int depth,
        [Values] bool isCut, [Values(null, TileAlgorithm.Large, TileAlgorithm.Small)] TileAlgorithm? forced)
    {
        TiledPlan plan = TiledGemm.Planner.PlanBatched(
            rows, columns, depth, products: 36, isCut, forced, out double cycles);
        int slices = plan.Slices / 36;
        Assert.That(plan.Slices, Is.EqualTo(36 * slices));
        Assert.That(plan.Depth, Is.EqualTo(plan.Slices * plan.SliceDepth));
        Assert.That(slices * plan.SliceDepth, Is.GreaterThanOrEqualTo(depth));
        Assert.That(plan.SliceDepth % TiledGemm.StageDepth, Is.Zero);
        Assert.That(slices, isCut ? Is.InRange(1, 12 * 132 / 36) : Is.EqualTo(1));
        if (forced is not null)
            Assert.That(plan.RowExtent, Is.EqualTo(forced == TileAlgorithm.Large ? 128 : 64));
        Assert.That(cycles, Is.Positive);
    }

    [TestCase(200704, 64, 576, ExpectedResult = "128x64, 1 slice", TestName = "64 channels take tall tiles")]
    [TestCase(
        50176, 128, 1152, ExpectedResult = "128x128, 1 slice",
        TestName = "392 large tiles are 2.97 for each multiprocessor")]
    [TestCase(
        12544, 256, 2304, ExpectedResult = "128x64, 1 slice",
        TestName = "Of 196 large tiles some multiprocessors would have two and others one")]
    [TestCase(
        1568, 512, 4608, ExpectedResult = "128x128, 5 slices",
        TestName = "52 large tiles in five slices are 1.97 for each multiprocessor")]
    [TestCase(
        512, 4608, 50176, ExpectedResult = "128x128, 11 slices",
        TestName = "A last wave that is nearly empty is worth slices")]
    [TestCase(
        64, 576, 200704, ExpectedResult = "64x128, 52 slices", TestName = "A gradient of few weights is cut in depth")]
    [TestCase(64, 64, 256, ExpectedResult = "64x64, 1 slice", TestName = "A small product takes small tiles")]
    public string TheCutFollowsTheSizes(int rows, int columns, int depth) =>
        Cut(TensorCoreTiles.Planner<QuadAccess, Tf32Math>().Plan(rows, columns, depth, null));

    [TestCase(TileAlgorithm.Large, ExpectedResult = "128x128, 1 slice")]
    [TestCase(TileAlgorithm.Tall, ExpectedResult = "128x64, 1 slice")]
    [TestCase(TileAlgorithm.Wide, ExpectedResult = "64x128, 1 slice")]
    [TestCase(TileAlgorithm.Small, ExpectedResult = "64x64, 1 slice")]
    public string ATileCanBeForced(TileAlgorithm tile) =>
        Cut(TensorCoreTiles.Planner<QuadAccess, Tf32Math>().Plan(64, 64, 64, tile));

    [Test]
    public void ATileThatAKernelDoesNotHaveIsNotForced()
    {
        Assert.That(Cut(TiledGemm.Planner.Plan(1 << 20, 128, 64, TileAlgorithm.Tall)), Is.EqualTo("128x128, 1 slice"));
        Assert.That(
            Cut(TensorCoreTiles.Planner<SingleAccess, Tf32Math>().Plan(1 << 20, 128, 64, TileAlgorithm.Large)),
            Is.EqualTo("64x64, 1 slice"));
    }

    [Test]
    public void TheSelfTestsProductsTakeEachTileInEachPass()
    {
        TiledPlanner planner = TensorCoreTiles.Planner<QuadAccess, Tf32Math>();
        AssertEachTile("forward", shape => shape.R * shape.S * shape.C, _ => true, planner);
        AssertEachTile("backward data", shape => shape.R * shape.S * shape.K, _ => true, planner);
        AssertEachTile("backward weights", shape => shape.Output.Pixels, _ => true, planner);
    }

    [Test]
    public void TheSelfTestsProductsOfBFloat16TakeEachTileInEachPass()
    {
        TiledPlanner planner = TensorCoreTiles.Planner<BFloat16Access, Bf16Math>();
        AssertEachTile(
            "forward", shape => shape.R * shape.S * BFloat16Copies.Padded(shape.C),
            shape => ElementType.BFloat16.Allows(shape.Output), planner);
        AssertEachTile(
            "backward data", shape => shape.R * shape.S * BFloat16Copies.Padded(shape.K),
            shape => ElementType.BFloat16.Allows(shape.Input), planner);
        AssertEachTile("backward weights", shape => shape.Output.Pixels, _ => true, planner);
    }

    private static void AssertEachTile(
        string pass, Func<ConvolutionShape, int> depth, Func<ConvolutionShape, bool> takes, TiledPlanner planner)
    {
        var tiles = SelfTestConvolutions.Shapes
            .Where(shape => shape.Stride == 1 && ConvolutionTiledPasses.HasQuads(shape) && takes(shape))
            .Select(shape => (Shape: shape, Depth: depth(shape)))
            .Select(product => pass switch
            {
                "forward" => planner.Plan(product.Shape.Output.Pixels, product.Shape.K, product.Depth, null),
                "backward data" => planner.Plan(product.Shape.Input.Pixels, product.Shape.C, product.Depth, null),
                _ => planner.Plan(
                    product.Shape.K, product.Shape.R * product.Shape.S * product.Shape.C, product.Depth, null),
            })
            .Select(plan => (plan.RowExtent, plan.ColumnExtent));
        Assert.That(tiles.Distinct(), Is.SupersetOf(new[] { (128, 128), (128, 64), (64, 128), (64, 64) }), pass);
    }

    private static string Cut(TiledPlan plan) =>
        $"{plan.RowExtent}x{plan.ColumnExtent}, {plan.Slices} slice{(plan.Slices == 1 ? "" : "s")}";

    [TestCase(3, 64, ExpectedResult = 4)]
    [TestCase(7, 12, ExpectedResult = 8)]
    [TestCase(4, 64, ExpectedResult = null, TestName = "Quads of channels stay as they are")]
    [TestCase(5, 64, ExpectedResult = null, TestName = "Five channels are not computed as eight")]
    [TestCase(3, 5, ExpectedResult = null, TestName = "Outputs that are no quads gain nothing")]
    public int? ChannelsAreWidenedWhereThatCostsAThirdAtMost(int channels, int outputs) =>
        ChannelWidening.Of(new ConvolutionShape(1, 8, 8, channels, outputs, 3, 3, 1, 1))?.C;

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
        using ComputeDevice device = EmulatedGpu.Open(
            new DeviceOptions { Algorithms = "convolution=warpgrouptf32" }, out EmulatedGpu gpu);
        var shape = new ConvolutionShape(N: 1, H: 3, W: 3, C: 4, K: 4, R: 1, S: 1, Stride: 1, Padding: 0);
        foreach (Action<ComputeDevice, ConvolutionShape> pass in new Action<ComputeDevice, ConvolutionShape>[] { ConvolutionChecks.Forward, ConvolutionChecks.BackwardData, ConvolutionChecks.BackwardWeights })
        {
            gpu.Launched.Clear();
            pass(device, shape);
            Assert.That(
                gpu.Launched,
                Does.Contain(typeof(WarpgroupGemm<,,,,,>)).And.Not.Contain(typeof(TensorCoreGemm<,,,,,,>)),
                pass.Method.Name);
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
            Throws.TypeOf<DeviceException>().With.Message.Contains(
                "'tiled' does not run on CPU").And.Message.Contains("one of naive, vector128, "));
    }
}
