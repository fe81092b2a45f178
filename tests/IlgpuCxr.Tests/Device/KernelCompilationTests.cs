using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

/// <summary>Every kernel compiled to PTX without a GPU, and what must be found in the text.</summary>
public sealed partial class KernelCompilationTests
{
    [Test]
    public void CompilesWithNothingInLocalMemory(
        [ValueSource(typeof(GpuKernels), nameof(GpuKernels.All))] GpuKernel kernel, [Values(8, 9)] int architecture)
    {
        string ptx = Compile(kernel, architecture);
        Assert.That(ptx, Does.Contain(".entry"));
        Assert.That(ptx, Does.Not.Contain(".local"), "An array or a structure is not in registers.");
        Assert.That(GenericAccess().Count(ptx), Is.Zero, "A load or store does not know its address space.");
        // Most GPUs compute it at a 32nd or a 64th of the speed.
        Assert.That(ptx, Does.Not.Contain(".f64"), "Something is computed in double precision.");
    }

    // The statistics for batch norm follow the same loop, but stand before it in the text.
    private static IEnumerable<GpuKernel> WithOneLoop() =>
        GpuKernels.Tiled().Where(kernel => !kernel.Name.Contains("ForBatchNorm"));

    [TestCaseSource(nameof(WithOneLoop))]
    public void KeepsReadersAndWritersOfSharedMemoryApart(GpuKernel kernel)
    {
        string ptx = Compile(kernel, 9);
        int[] barriers = [.. Barrier().Matches(ptx).Select(match => match.Index)];
        Assert.That(barriers, Has.Length.EqualTo(GpuKernelTable.Rows[kernel.Name].Barriers));
        // The first stage is stored before the loop; in the loop all reads of a stage come before all stores of the
        // next.
        Assert.That(ptx.IndexOf("st.shared", StringComparison.Ordinal), Is.LessThan(barriers[0]));
        Assert.That(ptx.IndexOf("ld.shared", StringComparison.Ordinal), Is.GreaterThan(barriers[0]));
        Assert.That(
            ptx.LastIndexOf("ld.shared", StringComparison.Ordinal),
            Is.LessThan(ptx.IndexOf("st.shared", barriers[0], StringComparison.Ordinal)));
        Assert.That(ptx.LastIndexOf("st.shared", StringComparison.Ordinal), Is.LessThan(barriers[1]));
    }

    [TestCaseSource(typeof(GpuKernels), nameof(GpuKernels.Tiled))]
    public void MovesSixteenBytesAtATime(GpuKernel kernel)
    {
        string ptx = Compile(kernel, 9);
        (int sharedQuads, bool quads) =
            (GpuKernelTable.Rows[kernel.Name].SharedQuads, GpuKernelTable.Rows[kernel.Name].GlobalQuads);
        // Whatever the access to global memory.
        Assert.That(Regex.Count(ptx, @"\bld\.shared\.v4\.f32"), Is.EqualTo(sharedQuads));
        Assert.That(Regex.Count(ptx, @"\bld\.shared\.f32"), Is.Zero);
        Assert.That(Regex.IsMatch(ptx, @"\bld\.global\.v4\.f32"), Is.EqualTo(quads));
        Assert.That(Regex.IsMatch(ptx, @"\bst\.global\.v4\.f32"), Is.EqualTo(quads));
        Assert.That(Regex.IsMatch(ptx, @"\b(ld|st)\.global\.f32"), Is.EqualTo(!quads));
    }

    /// <summary>
    /// Of singles 16 bytes; of bfloat16 8, beside those of sums, channels and indices, which are 16 all the same.
    /// </summary>
    [TestCaseSource(typeof(GpuKernels), nameof(GpuKernels.OfElements))]
    public void MovesFourElementsAtATime(GpuKernel kernel)
    {
        string ptx = Compile(kernel, 9);
        bool isBFloat16 = kernel.Elements == ElementType.BFloat16;
        Assert.That(Regex.IsMatch(ptx, @"\b(ld|st)\.global\.v2\.f32"), Is.EqualTo(isBFloat16));
        if (!isBFloat16)
            Assert.That(ptx, Does.Match(@"\bld\.global\.v4\.f32").And.Match(@"\bst\.global\.v4\.f32"));
        Assert.That(ptx, Does.Not.Match(@"\b(ld|st)\.global\.f32"), "An element is moved alone.");
    }

    [Test]
    public void EveryKernelOfGroupsIsInTheTable() =>
        Assert.That(
            GpuKernelTable.Rows.Keys,
            Is.EquivalentTo(GpuKernels.All().Except(GpuKernels.OnePerIndex()).Select(kernel => kernel.Name)));

    internal static string Compile(GpuKernel kernel, int architecture) =>
        PtxText.Of(kernel.Method, kernel.Specialization, architecture);

    [GeneratedRegex(@"\b(ld|st)\.(v[24]\.)?[fsub](8|16|32|64)\b")]
    private static partial Regex GenericAccess();

    [GeneratedRegex(@"\bbar\.sync\b")]
    private static partial Regex Barrier();
}
