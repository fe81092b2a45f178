namespace IlgpuCxr.Tests.Device;

/// <summary>What NVIDIA's assembler makes of the kernels; skipped where it is not installed.</summary>
public sealed class KernelAssemblyTests
{
    [Test]
    public void AssemblesWithoutSpilling(
        [ValueSource(typeof(GpuKernels), nameof(GpuKernels.All))] GpuKernel kernel, [Values(8, 9)] int architecture)
    {
        PtxAssembler.RequirePresent();
        (int registers, string code) = PtxAssembler.Assemble(
            KernelCompilationTests.Compile(kernel, architecture), architecture);
        int multiplyAdds = PtxAssembler.Count(code, "FFMA"), tensorOperations = PtxAssembler.Count(code, "HMMA");
        int sharedQuads = PtxAssembler.Count(code, @"LDS(\.\w+)*\.128");
        TestContext.Out.WriteLine(
            $"{kernel} sm_{architecture}0: {registers} registers, {multiplyAdds} FFMA, {tensorOperations} HMMA, {sharedQuads} LDS.128");
        if (!GpuKernelTable.Rows.TryGetValue(kernel.Name, out GpuKernelRow? row))
            return;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(registers, Is.LessThanOrEqualTo(row.Registers), "registers");
            Assert.That(multiplyAdds, Is.EqualTo(row.MultiplyAdds), "FFMA");
            Assert.That(tensorOperations, Is.EqualTo(row.TensorOperations), "HMMA");
            Assert.That(sharedQuads, Is.EqualTo(row.SharedQuads), "LDS.128");
        }
    }
}
