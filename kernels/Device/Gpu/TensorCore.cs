using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Four 32-bit registers of a lane: its part of a block of 16x8 words, as <see cref="TensorCore.LoadMatrices"/> hands
/// it out.
/// </summary>
/// <remarks>
/// Lane l has X = (g, t), Y = (g + 8, t), Z = (g, t + 4) and W = (g + 8, t + 4) of the block, with g = l / 4 and t = l
/// mod 4.
/// </remarks>
internal struct Fragment
{
    public uint X;
    public uint Y;
    public uint Z;
    public uint W;
}

/// <summary>
/// The instructions of NVIDIA GPUs from sm_80 on that C# has no words for: tensor cores and copies past the registers.
/// </summary>
/// <remarks>
/// Each method becomes the one instruction named in its comment; <see cref="TensorCoreCode"/> writes it. The bodies
/// here are never compiled for a GPU, and no kernel that uses them is launched on a CPU. See NVIDIA's PTX ISA 8.0,
/// chapter 9.7.
/// </remarks>
internal static class TensorCore
{
    /// <summary>The 32-bit address of an element of shared memory.</summary>
    [IntrinsicImplementation]
    public static uint SharedAddress(ref Float4 element) => throw GpuOnly();

    /// <summary>
    /// <c>cp.async.ca 16</c>: begins to copy 16 bytes from global to shared memory, the last of them zeros if fewer
    /// <paramref name="bytes"/> are wanted.
    /// </summary>
    /// <remarks>
    /// By way of the first-level cache, where a filter's next tap and the multiprocessor's other group find much of it
    /// (<c>cg</c> would go past it).
    /// </remarks>
    [IntrinsicImplementation]
    public static void CopyQuad(uint destination, ref float source, int bytes) => throw GpuOnly();

    /// <summary>
    /// <c>cp.async.ca 4</c>: begins to copy a float, or a zero if 0 <paramref name="bytes"/> are wanted.
    /// </summary>
    [IntrinsicImplementation]
    public static void CopySingle(uint destination, ref float source, int bytes) => throw GpuOnly();

    /// <summary>
    /// <c>cp.async.commit_group</c>: what this thread began to copy since the last call is one group.
    /// </summary>
    [IntrinsicImplementation]
    public static void CommitCopies() => throw GpuOnly();

    /// <summary>
    /// <c>cp.async.wait_group</c>: waits until all of this thread's groups but the last ones have arrived.
    /// </summary>
    /// <param name="pending">How many need not have; a constant.</param>
    [IntrinsicImplementation]
    public static void AwaitCopies(int pending) => throw GpuOnly();

    /// <summary>
    /// <c>ldmatrix.x4</c>: lane i names the address of the 16 bytes of row i mod 8 of matrix i / 8; a lane gets word t
    /// of row g of each matrix.
    /// </summary>
    [IntrinsicImplementation]
    public static Fragment LoadMatrices(uint address) => throw GpuOnly();

    /// <summary>
    /// <c>ldmatrix.x4.trans</c> of 16-bit elements: as <see cref="LoadMatrices"/>, but a lane gets elements 2t and
    /// 2t + 1 of column g of each matrix.
    /// </summary>
    [IntrinsicImplementation]
    public static Fragment LoadMatricesTransposed(uint address) => throw GpuOnly();

    /// <summary><c>ld.shared.b32</c></summary>
    [IntrinsicImplementation]
    public static uint LoadShared(uint address) => throw GpuOnly();

    /// <summary><c>cvt.rn.bf16x2.f32</c>: two floats rounded to bfloat16, ties to even, in one register.</summary>
    [IntrinsicImplementation]
    public static uint PackBf16(uint high, uint low) => throw GpuOnly();

    /// <summary>
    /// <c>mma.m16n8k8</c> of tf32, the last 13 bits of each factor ignored: a warp's <c>[16, 8] · [8, 8] + [16, 8]</c>,
    /// summed in single precision.
    /// </summary>
    [IntrinsicImplementation]
    public static Float4 MultiplyTf32(Fragment a, uint b0, uint b1, Float4 c) => throw GpuOnly();

    /// <summary>
    /// <c>mma.m16n8k16</c> of bf16: a warp's <c>[16, 16] · [16, 8] + [16, 8]</c>, summed in single precision.
    /// </summary>
    [IntrinsicImplementation]
    public static Float4 MultiplyBf16(Fragment a, uint b0, uint b1, Float4 c) => throw GpuOnly();

    /// <summary>Tells the compiler how to write each of them.</summary>
    internal static void Register(Context.Builder builder)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        foreach (MethodInfo method in typeof(TensorCore).GetMethods(BindingFlags.Public | BindingFlags.Static))
            manager.RegisterMethod(
                method,
                new PTXIntrinsic(typeof(TensorCoreCode), method.Name, IntrinsicImplementationMode.GenerateCode));
    }

    private static NotSupportedException GpuOnly() => new("This instruction exists on NVIDIA GPUs only.");
}
