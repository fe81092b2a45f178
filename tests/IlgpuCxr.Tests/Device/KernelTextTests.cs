using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class KernelTextTests
{
    [Test]
    public void A_kernels_text_is_the_same_whatever_was_compiled_before()
    {
        GpuKernel quad = GpuKernels.OnePerIndex().First(), tensorCores = GpuKernels.TensorCore().First();
        string[] inOrder = TextsOf(quad, tensorCores), inTheOther = TextsOf(tensorCores, quad);
        Assert.That(inTheOther, Is.EqualTo(inOrder.Reverse()));
    }

    [Test]
    public void Only_what_is_counted_is_numbered() =>
        Assert.That(
            KernelText.Renumber(".target sm_80 .param _n_857 call Copy_234, (_n_857) L_6: mov %r12, %f_3; x.m_16; "),
            Is.EqualTo(".target sm_80 .param _n_0 call Copy_1, (_n_0) L_2: mov %r12, %f_3; x.m_16; "));

    [TestCase("8.8", ExpectedResult = "8.0")]
    [TestCase("8.0", ExpectedResult = "8.0")]
    [TestCase("7.8", ExpectedResult = "7.8")]
    public string No_newer_version_is_asked_for_than_is_assembled_here(string version) =>
        KernelText.RequireVersion8($"//\n.version {version}\n.target sm_80\n").Split(' ', '\n')[2];

    private static string[] TextsOf(params GpuKernel[] kernels)
    {
        using var compiler = new PtxCompiler(8, 0);
        return [.. kernels.Select(kernel => compiler.Compile(kernel.Method, kernel.Specialization))];
    }
}
