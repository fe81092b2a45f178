using System.Globalization;
using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Convolution;

namespace IlgpuCxr.Tests.Device;

/// <summary>
/// The kernels on tensor cores and the sums of batch norm, as PTX and as the machine code that NVIDIA's assembler makes
/// of it.
/// </summary>
/// <remarks>
/// ILGPU writes the same PTX for every architecture from sm_80 on, and a driver assembles it for its own.
/// </remarks>
public sealed partial class TensorCoreKernelTests
{
    private const int RegistersOfAMultiprocessor = 65536;

    private static IEnumerable<GpuKernel> Kernels() => GpuKernels.TensorCore().Concat(GpuKernels.Sums());

    [TestCaseSource(nameof(Kernels))]
    public void KeepsEverythingInRegisters(GpuKernel kernel)
    {
        string ptx = Compile(kernel);
        Assert.That(ptx, Does.Not.Contain(".local"), "An array or a structure is not in registers.");
        Assert.That(ptx, Does.Not.Contain(".f64"), "Something is computed in double precision.");
        Assert.That(GenericAccess().Count(ptx), Is.Zero, "A load or store does not know its address space.");
    }

    [Test]
    public void AssemblesWithoutSpilling(
        [ValueSource(nameof(Kernels))] GpuKernel kernel, [Values(8, 9)] int architecture)
    {
        PtxAssembler.RequirePresent();
        (int registers, _) = PtxAssembler.Assemble(Compile(kernel), architecture);
        int threads =
            kernel.Specialization.MaxNumThreadsPerGroup!.Value
            * kernel.Specialization.MinNumGroupsPerMultiprocessor!.Value;
        Assert.That(registers, Is.LessThanOrEqualTo(RegistersOfAMultiprocessor / threads));
    }

    /// <summary>
    /// A warp computes a quarter of its block tile, a stage of depth 16, of bfloat16 32, at a time: E/32 blocks of 16
    /// rows by E/16 of 8 columns, in two steps. All that is counted is in the kernel's one loop, but for the copies of
    /// the first two stages, results of bfloat16 and the statistics for batch norm.
    /// </summary>
    [Test]
    public void HoldsTheExpectedInstructions(
        [ValueSource(typeof(GpuKernels), nameof(GpuKernels.TensorCore))] GpuKernel kernel,
        [Values(8, 9)] int architecture)
    {
        PtxAssembler.RequirePresent();
        (_, string code) = PtxAssembler.Assemble(Compile(kernel), architecture);
        Match tile = Tile().Match(kernel.Name);
        int rows = int.Parse(tile.Groups[1].Value, CultureInfo.InvariantCulture);
        int columns = int.Parse(tile.Groups[2].Value, CultureInfo.InvariantCulture);
        bool isBf16 = kernel.Name.EndsWith("bf16", StringComparison.Ordinal);
        bool singles = kernel.Name.EndsWith("singles tf32", StringComparison.Ordinal);
        bool hasStatistics = kernel.Name.Contains("ForBatchNorm");
        int asMatrices = isBf16 || kernel.Name.StartsWith("Forward", StringComparison.Ordinal) ? rows + columns
            : kernel.Name.StartsWith("BackwardData", StringComparison.Ordinal) ? rows : 0;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                PtxAssembler.Count(code, "HMMA"), Is.EqualTo(rows / 32 * (columns / 16) * 2),
                "multiplications of 16x8");
            Assert.That(
                PtxAssembler.Count(code, "LDSM"), Is.EqualTo(asMatrices / 32 * 2), "blocks of 16x8 loaded as matrices");
            Assert.That(
                PtxAssembler.Count(code, "LDGSTS"), Is.EqualTo(3 * (rows + columns) / 32 * (singles ? 4 : 1)),
                "copies past the registers");
            Assert.That(
                PtxAssembler.Count(code, "F2FP"),
                Is.EqualTo(kernel.Name.Contains("to bfloat16") ? rows * columns / TensorCoreGemm.Threads / 2 : 0),
                "pairs of results rounded to bf16");
            Assert.That(
                PtxAssembler.Count(code, "SHFL"),
                Is.EqualTo(kernel.Name.Contains("to bfloat16") ? rows * columns / TensorCoreGemm.Threads / 2 : 0),
                "results shuffled, of each two pairs one");
            Assert.That(
                PtxAssembler.Count(code, "FFMA"),
                Is.EqualTo(
                    (isBf16 ? 0 : (rows + columns) / 32 * 8)
                    + (hasStatistics ? GpuKernelTable.StatisticsMultiplyAdds : 0)),
                "floats rounded to tf32");
            Assert.That(
                PtxAssembler.Count(code, "BAR"),
                Is.EqualTo(1 + (hasStatistics ? GpuKernelTable.StatisticsBarriers : 0)), "barriers");
        }
    }

    private static string Compile(GpuKernel kernel) => PtxText.Of(kernel.Method, kernel.Specialization, 8);

    [GeneratedRegex(@"\b(ld|st)\.(v[24]\.)?[fsub](8|16|32|64)\b")]
    private static partial Regex GenericAccess();

    [GeneratedRegex(@"(\d+)x(\d+)")]
    private static partial Regex Tile();
}
