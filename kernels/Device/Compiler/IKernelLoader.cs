using System.Reflection;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Makes kernels and whole sequences of them ready to launch; a device has one, and the tests one that runs PTX without
/// a GPU.
/// </summary>
internal interface IKernelLoader
{
    /// <summary>Whether kernels may use <see cref="TensorCore"/>.</summary>
    bool HasTensorCores { get; }

    /// <summary>Whether kernels may use <see cref="Warpgroup"/>.</summary>
    bool HasWarpgroups { get; }

    /// <summary>Records what an action launches, without running it; null where the device cannot.</summary>
    ILaunchGraph? Record(AcceleratorStream stream, Action launches);

    /// <summary>A launcher for a kernel that computes one output per index.</summary>
    /// <typeparam name="TLauncher">
    /// <c>Action&lt;AcceleratorStream, Index1D, …&gt;</c> with the kernel's parameters.
    /// </typeparam>
    TLauncher OnePerIndex<TLauncher>(MethodInfo kernel)
        where TLauncher : Delegate;

    /// <summary>A launcher for a kernel of groups that share memory.</summary>
    /// <typeparam name="TLauncher">
    /// <c>Action&lt;AcceleratorStream, KernelConfig, …&gt;</c> with the kernel's parameters.
    /// </typeparam>
    TLauncher Grouped<TLauncher>(MethodInfo kernel, KernelSpecialization specialization)
        where TLauncher : Delegate;
}
