using System.Globalization;
using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

/// <summary>
/// The convolution by warpgroups, as PTX and as the machine code that NVIDIA's assembler makes of it.
/// </summary>
public sealed partial class WarpgroupKernelTests
{
    private const int RegistersOfAMultiprocessor = 65536;

    [TestCaseSource(typeof(GpuKernels), nameof(GpuKernels.Warpgroup))]
    public void IsAKernelForTheOneArchitectureThatHasThem(GpuKernel kernel)
    {
        string ptx = Compile(kernel);
        Assert.That(ptx, Does.Contain(".target sm_90a").And.Contain(".shared .align 512"));
        Assert.That(ptx, Does.Not.Contain(".local"), "An array or a structure is not in registers.");
        Assert.That(ptx, Does.Not.Contain(".f64"), "Something is computed in double precision.");
        Assert.That(
            Products().Count(ptx), Is.EqualTo(1),
            "Something stands between the fence and the products, or between them.");
    }

    /// <summary>
    /// A stage has a depth of 16, of bfloat16 32: two instructions of 64 rows, for each of which a warp loads a block.
    /// Rows are loaded and rounded before the loop and in it, a stage ahead of the products. Two or three stages are
    /// copied before the loop, one in it.
    /// </summary>
    [TestCaseSource(typeof(GpuKernels), nameof(GpuKernels.Warpgroup))]
    public void HoldsTheExpectedInstructionsAndNoSpill(GpuKernel kernel)
    {
        PtxAssembler.RequirePresent();
        (int registers, string code) = PtxAssembler.Assemble(Compile(kernel), 9);
        Match tile = Tile().Match(kernel.Name);
        int rows = int.Parse(tile.Groups[1].Value, CultureInfo.InvariantCulture);
        int columns = int.Parse(tile.Groups[2].Value, CultureInfo.InvariantCulture);
        bool isBf16 = kernel.Name.EndsWith("bf16", StringComparison.Ordinal);
        bool alongDepth = !kernel.Name.Contains("BackwardWeights");
        bool hasStatistics = kernel.Name.Contains("ForBatchNorm");
        int blocks = rows / 64 * 2, stages = rows + columns == 256 ? 3 : 4;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                registers,
                Is.LessThanOrEqualTo(
                    RegistersOfAMultiprocessor
                    / (kernel.Specialization.MaxNumThreadsPerGroup!.Value * kernel.Specialization.MinNumGroupsPerMultiprocessor!.Value)));
            Assert.That(
                PtxAssembler.Count(code, $@"HGMMA\.64x{columns}x{(isBf16 ? 16 : 8)}\.F32"),
                Is.EqualTo(blocks), "products");
            Assert.That(PtxAssembler.Count(code, "HMMA"), Is.Zero, "products of a warp");
            Assert.That(PtxAssembler.Count(code, @"WARPGROUP\.ARRIVE"), Is.EqualTo(1), "begins of a row of products");
            Assert.That(PtxAssembler.Count(code, @"WARPGROUP\.DEPBAR"), Is.EqualTo(1), "waits for products");
            Assert.That(
                PtxAssembler.Count(code, "LDSM"), Is.EqualTo(alongDepth || isBf16 ? 2 * blocks : 0),
                "blocks loaded as matrices");
            // Those into RZ do nothing; the assembler puts them before waits.
            Assert.That(
                PtxAssembler.Count(code, @"LDS R\d+"), Is.EqualTo(alongDepth || isBf16 ? 0 : 2 * blocks * 4),
                "words loaded one by one");
            Assert.That(
                PtxAssembler.Count(code, "LDGSTS"), Is.EqualTo(stages * (rows + columns) / 32),
                "copies past the registers");
            Assert.That(
                PtxAssembler.Count(code, "F2FP"),
                Is.EqualTo(kernel.Name.Contains("to bfloat16") ? rows * columns / Warpgroup.Threads / 2 : 0),
                "pairs of results rounded to bf16");
            Assert.That(
                PtxAssembler.Count(code, "SHFL"),
                Is.EqualTo(kernel.Name.Contains("to bfloat16") ? rows * columns / Warpgroup.Threads / 2 : 0),
                "results shuffled, of each two pairs one");
            Assert.That(
                PtxAssembler.Count(code, "FFMA"),
                Is.EqualTo((isBf16 ? 0 : 2 * blocks * 4) + (hasStatistics ? GpuKernelTable.StatisticsMultiplyAdds : 0)),
                "floats rounded to tf32");
            Assert.That(
                PtxAssembler.Count(code, "BAR"),
                Is.EqualTo(2 + (hasStatistics ? GpuKernelTable.StatisticsBarriers : 0)), "barriers");
        }
    }

    private static string Compile(GpuKernel kernel) => PtxText.Of(kernel.Method, kernel.Specialization, 9);

    [GeneratedRegex(@"\twgmma\.fence[^\n]*\n(\twgmma\.mma_async[^\n]*\n)+\twgmma\.commit_group")]
    private static partial Regex Products();

    [GeneratedRegex(@"(\d+)x(\d+)")]
    private static partial Regex Tile();
}
