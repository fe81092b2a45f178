using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Compiles kernels with <see cref="SafeOptimizationHook"/> and keeps them.</summary>
internal sealed class KernelLoader(Accelerator accelerator) : IKernelLoader
{
    // Ampere: the first architecture that knows mma of tf32 and bf16, and cp.async.
    private static readonly CudaArchitecture FirstWithTensorCores = CudaArchitecture.SM_80;

    // A generic kernel's method is a different one for every choice of its type arguments; the same method compiled for
    // another group size or occupancy is a different program.
    private readonly ConcurrentDictionary<(MethodInfo Method, int? Threads, int? Groups), Delegate> launchers = [];

    /// <inheritdoc/>
    public bool HasTensorCores => accelerator is CudaAccelerator cuda && cuda.Architecture >= FirstWithTensorCores;

    /// <inheritdoc/>
    // Drivers of CUDA 12 and later; PTX 8.0 is the first with sm_90a.
    public bool HasWarpgroups =>
        accelerator is CudaAccelerator { Architecture: { Major: 9, Minor: 0 } } cuda
        && cuda.InstructionSet >= CudaInstructionSet.ISA_80;

    /// <summary>
    /// Compiles a kernel: one output per index if its first parameter is an <see cref="Index1D"/>, else one of groups.
    /// </summary>
    public static CompiledKernel Compile(Backend backend, MethodInfo kernel, KernelSpecialization specialization)
    {
        EntryPointDescription entry = kernel.GetParameters()[0].ParameterType == typeof(Index1D)
            ? EntryPointDescription.FromImplicitlyGroupedKernel(kernel)
            : EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        CompiledKernel compiled = backend.Compile(entry, specialization, new SafeOptimizationHook());
        if (compiled is PTXCompiledKernel ptx)
            KernelText.Finish(ptx);
        return compiled;
    }

    /// <inheritdoc/>
    public ILaunchGraph? Record(AcceleratorStream stream, Action launches) =>
        stream is CudaStream cuda ? CudaGraph.Record(cuda, launches) : null;

    /// <inheritdoc/>
    public TLauncher OnePerIndex<TLauncher>(MethodInfo kernel)
        where TLauncher : Delegate =>
        (TLauncher)launchers.GetOrAdd((kernel, null, null), static (key, accelerator) =>
        {
            CompiledKernel compiled = Compile(accelerator.GetBackend(), key.Method, default);
            return Load(accelerator, key.Method, () => accelerator.LoadAutoGroupedKernel(compiled))
                .CreateLauncherDelegate<TLauncher>();
        }, accelerator);

    /// <inheritdoc/>
    public TLauncher Grouped<TLauncher>(MethodInfo kernel, KernelSpecialization specialization)
        where TLauncher : Delegate =>
        (TLauncher)launchers.GetOrAdd(
            (kernel, specialization.MaxNumThreadsPerGroup, specialization.MinNumGroupsPerMultiprocessor),
            static (key, accelerator) =>
            {
                var limits = new KernelSpecialization(key.Threads, key.Groups);
                CompiledKernel compiled = Compile(accelerator.GetBackend(), key.Method, limits);
                return Load(accelerator, key.Method, () => accelerator.LoadKernel(compiled))
                    .CreateLauncherDelegate<TLauncher>();
            },
            accelerator);

    /// <summary>Hands a compiled kernel to the driver.</summary>
    /// <exception cref="DeviceException">The driver refuses it.</exception>
    internal static Kernel Load(Accelerator accelerator, MethodInfo kernel, Func<Kernel> load)
    {
        using var words = new TracedWords();
        try
        {
            return load();
        }
        catch (AcceleratorException exception)
        {
            string reason = $"{exception.Message.TrimEnd('.')}: {words}".TrimEnd(':', ' ');
            throw new DeviceException(
                $"The driver of {accelerator.Name} refuses the kernel {kernel.DeclaringType?.Name}.{kernel.Name} ({reason}); update that driver, or choose another device.",
                exception);
        }
    }
}
