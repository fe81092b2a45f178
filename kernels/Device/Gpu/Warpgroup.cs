using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// The instructions with which four warps, a warpgroup, multiply together: on sm_90 only, neither before nor after it.
/// </summary>
/// <remarks>
/// As <see cref="TensorCore"/>, of which they are the next generation: 64 rows an instruction, the second factor read
/// straight from shared memory by the tensor cores while the threads go on. See NVIDIA's PTX ISA 8.0, chapter 9.7.14.
/// <see cref="KernelLoader"/> compiles a kernel that uses them for sm_90a.
/// </remarks>
internal static class Warpgroup
{
    /// <summary>Threads that multiply together.</summary>
    public const int Threads = 128;

    /// <summary>
    /// <c>fence.proxy.async</c>: what this thread has copied to shared memory, and waited for, may be read by the
    /// tensor cores, after the next barrier.
    /// </summary>
    [IntrinsicImplementation]
    public static void FenceCopies() => throw GpuOnly();

    /// <summary>
    /// <c>wgmma.fence</c>: the registers that this thread has written may be read by the tensor cores.
    /// </summary>
    [IntrinsicImplementation]
    public static void FenceRegisters() => throw GpuOnly();

    /// <summary>
    /// <c>wgmma.mma_async.m64n64k8</c> of tf32: begins <c>sums += a · bᵀ</c>, <c>[64, 8] · [64, 8]ᵀ</c>.
    /// </summary>
    /// <param name="a">The lane's part of its warp's 16 rows, as for <see cref="TensorCore.MultiplyTf32"/>.</param>
    /// <param name="b">Where the columns lie in shared memory (<see cref="WarpgroupMatrix"/>).</param>
    /// <param name="sums">
    /// In place: before <see cref="AwaitProducts"/> neither it nor the result may be touched.
    /// </param>
    [IntrinsicImplementation]
    public static WarpColumns64 MultiplyTf32(Fragment a, long b, WarpColumns64 sums) => throw GpuOnly();

    /// <summary><c>wgmma.mma_async.m64n128k8</c> of tf32.</summary>
    /// <inheritdoc cref="MultiplyTf32(Fragment, long, WarpColumns64)"/>
    [IntrinsicImplementation]
    public static WarpColumns128 MultiplyTf32(Fragment a, long b, WarpColumns128 sums) => throw GpuOnly();

    /// <summary><c>wgmma.mma_async.m64n64k16</c> of bf16.</summary>
    /// <inheritdoc cref="MultiplyTf32(Fragment, long, WarpColumns64)"/>
    [IntrinsicImplementation]
    public static WarpColumns64 MultiplyBf16(Fragment a, long b, WarpColumns64 sums) => throw GpuOnly();

    /// <summary><c>wgmma.mma_async.m64n128k16</c> of bf16.</summary>
    /// <inheritdoc cref="MultiplyTf32(Fragment, long, WarpColumns64)"/>
    [IntrinsicImplementation]
    public static WarpColumns128 MultiplyBf16(Fragment a, long b, WarpColumns128 sums) => throw GpuOnly();

    /// <summary><c>wgmma.commit_group</c>: what was begun since the last call is one group.</summary>
    [IntrinsicImplementation]
    public static void CommitProducts() => throw GpuOnly();

    /// <summary><c>wgmma.wait_group 0</c>: waits for all groups; sums and factors may be touched again.</summary>
    [IntrinsicImplementation]
    public static void AwaitProducts() => throw GpuOnly();

    /// <summary>Tells the compiler how to write each of them.</summary>
    internal static void Register(Context.Builder builder)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        foreach (MethodInfo method in typeof(Warpgroup).GetMethods(BindingFlags.Public | BindingFlags.Static))
            manager.RegisterMethod(
                method, new PTXIntrinsic(typeof(WarpgroupCode), method.Name, IntrinsicImplementationMode.GenerateCode));
    }

    private static NotSupportedException GpuOnly() => new("This instruction exists on NVIDIA GPUs of sm_90 only.");
}
