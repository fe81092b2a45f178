using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Compiles kernels to PTX where there is no NVIDIA GPU, exactly as <see cref="KernelLoader"/> does where there is one.
/// </summary>
/// <remarks>
/// After a kernel that does not compile, every later one fails too (ILGPU's context is left broken): start a new
/// compiler.
/// </remarks>
internal sealed class PtxCompiler : IDisposable
{
    private readonly Context context = DeviceCatalog.CreateCompiler();
    private readonly PTXBackend backend;

    /// <param name="major">The architecture: 9 and 0 for sm_90.</param>
    /// <param name="minor">See <paramref name="major"/>.</param>
    public PtxCompiler(int major, int minor)
    {
        var architecture = new CudaArchitecture(major, minor);
        // PTX 8.0 is the first that knows sm_90a, which warpgroups need (7.8 knows sm_90), and every assembler since
        // CUDA 12.0 reads it.
        backend = new PTXBackend(
            context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_80, null);
    }

    /// <summary>The PTX text of a kernel.</summary>
    /// <param name="kernel">A static method; of a generic one, with its type arguments filled in.</param>
    /// <param name="specialization">What it is launched with; nothing for a kernel of one output per index.</param>
    public string Compile(MethodInfo kernel, KernelSpecialization specialization = default) =>
        ((PTXCompiledKernel)KernelLoader.Compile(backend, kernel, specialization)).PTXAssembly;

    /// <inheritdoc/>
    public void Dispose()
    {
        backend.Dispose();
        context.Dispose();
    }
}
