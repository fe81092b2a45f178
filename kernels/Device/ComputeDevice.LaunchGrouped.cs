using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <content>
/// The launch interface of kernels whose threads work together: a static method that asks <see cref="Group"/> and
/// <see cref="Grid"/> for its place and shares memory within its group. For GPUs only: ILGPU runs such groups on a CPU
/// as threads that wait for each other, thousands of times slower than any other way to write the kernel.
/// </content>
public sealed partial class ComputeDevice
{
    /// <summary>Runs a kernel in groups that share memory.</summary>
    /// <remarks>
    /// A group has as many threads as the specialization says, and it also says how many groups a multiprocessor shall
    /// hold at once.
    /// </remarks>
    internal void LaunchGrouped<T1, T2>(
        Action<T1, T2> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2)
        where T1 : struct
        where T2 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2>>(kernel.Method, specialization)(
            stream, Groups(grid, specialization), p1, p2);
    }

    /// <inheritdoc cref="LaunchGrouped{T1, T2}"/>
    internal void LaunchGrouped<T1, T2, T3>(
        Action<T1, T2, T3> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2, T3 p3)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2, T3>>(kernel.Method, specialization)(
            stream, Groups(grid, specialization), p1, p2, p3);
    }

    /// <inheritdoc cref="LaunchGrouped{T1, T2}"/>
    internal void LaunchGrouped<T1, T2, T3, T4>(
        Action<T1, T2, T3, T4> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2, T3 p3, T4 p4)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4>>(kernel.Method, specialization)(
            stream, Groups(grid, specialization), p1, p2, p3, p4);
    }

    /// <inheritdoc cref="LaunchGrouped{T1, T2}"/>
    internal void LaunchGrouped<T1, T2, T3, T4, T5>(
        Action<T1, T2, T3, T4, T5> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2, T3 p3,
        T4 p4, T5 p5)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5>>(kernel.Method, specialization)(
            stream, Groups(grid, specialization), p1, p2, p3, p4, p5);
    }

    /// <inheritdoc cref="LaunchGrouped{T1, T2}"/>
    internal void LaunchGrouped<T1, T2, T3, T4, T5, T6>(
        Action<T1, T2, T3, T4, T5, T6> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2, T3 p3,
        T4 p4, T5 p5, T6 p6)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6>>(kernel.Method, specialization)(
            stream, Groups(grid, specialization), p1, p2, p3, p4, p5, p6);
    }

    /// <inheritdoc cref="LaunchGrouped{T1, T2}"/>
    internal void LaunchGrouped<T1, T2, T3, T4, T5, T6, T7>(
        Action<T1, T2, T3, T4, T5, T6, T7> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2,
        T3 p3, T4 p4, T5 p5, T6 p6, T7 p7)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7>>(
            kernel.Method, specialization)(stream, Groups(grid, specialization), p1, p2, p3, p4, p5, p6, p7);
    }

    /// <inheritdoc cref="LaunchGrouped{T1, T2}"/>
    internal void LaunchGrouped<T1, T2, T3, T4, T5, T6, T7, T8>(
        Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, Index2D grid, KernelSpecialization specialization, T1 p1, T2 p2,
        T3 p3, T4 p4, T5 p5, T6 p6, T7 p7, T8 p8)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        if (IsPlanning || grid.Size == 0)
            return;
        kernels.Grouped<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8>>(
            kernel.Method, specialization)(stream, Groups(grid, specialization), p1, p2, p3, p4, p5, p6, p7, p8);
    }

    private static KernelConfig Groups(Index2D grid, KernelSpecialization specialization) =>
        new(grid, new Index2D(specialization.MaxNumThreadsPerGroup!.Value, 1));
}
