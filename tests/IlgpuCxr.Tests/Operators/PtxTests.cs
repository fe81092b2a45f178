using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// Naive kernels must compile for every device; this needs no GPU and finds what ILGPU does not support.
/// </summary>
public sealed class PtxTests
{
    private static IEnumerable<TestCaseData> NaiveKernels() =>
        from type in typeof(ComputeDevice).Assembly.GetTypes()
        where type.Name.EndsWith("Naive", StringComparison.Ordinal)
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static)
        where method.GetParameters().FirstOrDefault()?.ParameterType == typeof(Index1D)
        select new TestCaseData(method).SetArgDisplayNames($"{type.Name}.{method.Name}");

    [TestCaseSource(nameof(NaiveKernels))]
    public void NaiveKernelCompilesToPtx(MethodInfo kernel)
    {
        // A context each: a failed compilation leaves an ILGPU context unusable.
        using Context context = DeviceCatalog.CreateContext();
        using var backend = new PTXBackend(
            context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80,
            CudaInstructionSet.ISA_80, null);
        var compiled = (PTXCompiledKernel)backend.Compile(
            EntryPointDescription.FromImplicitlyGroupedKernel(kernel), default, new SafeOptimizationHook());
        Assert.Multiple(() =>
        {
            Assert.That(
                compiled.PTXAssembly, Does.Contain("st.global"),
                "The kernel writes its result, with its address space known.");
            Assert.That(compiled.PTXAssembly, Does.Not.Contain(".extern .func"), "Nothing is left to link.");
        });
    }
}
