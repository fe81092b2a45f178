using System.Collections.Concurrent;
using System.Reflection;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Compiles kernels with <see cref="SafeOptimizationHook"/> and keeps them.</summary>
internal sealed class KernelLoader(Accelerator accelerator)
{
    private readonly ConcurrentDictionary<MethodInfo, Delegate> launchers = [];

    /// <summary>A launcher for a kernel that computes one output an index.</summary>
    /// <typeparam name="TLauncher"><c>Action&lt;AcceleratorStream, Index1D, …&gt;</c> with the kernel's parameters.</typeparam>
    public TLauncher OneAnIndex<TLauncher>(MethodInfo kernel)
        where TLauncher : Delegate =>
        (TLauncher)launchers.GetOrAdd(kernel, static (method, accelerator) =>
        {
            var compiled = accelerator.GetBackend().Compile(
                EntryPointDescription.FromImplicitlyGroupedKernel(method), default, new SafeOptimizationHook());
            return accelerator.LoadAutoGroupedKernel(compiled).CreateLauncherDelegate<TLauncher>();
        }, accelerator);

    /// <summary>A launcher for a kernel of groups that share memory.</summary>
    /// <typeparam name="TLauncher"><c>Action&lt;AcceleratorStream, KernelConfig, …&gt;</c> with the kernel's parameters.</typeparam>
    public TLauncher Grouped<TLauncher>(MethodInfo kernel, KernelSpecialization specialization)
        where TLauncher : Delegate =>
        (TLauncher)launchers.GetOrAdd(kernel, static (method, arguments) =>
        {
            var compiled = arguments.accelerator.GetBackend().Compile(
                EntryPointDescription.FromExplicitlyGroupedKernel(method), arguments.specialization, new SafeOptimizationHook());
            return arguments.accelerator.LoadKernel(compiled).CreateLauncherDelegate<TLauncher>();
        }, (accelerator, specialization));
}
