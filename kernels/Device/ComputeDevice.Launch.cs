using System.Runtime.ExceptionServices;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <content>The launch interface. One overload per number of parameters: C# has no variadic generics.</content>
public sealed partial class ComputeDevice
{
    // Several chunks per thread even out threads of different speed; more would cost more than they even out.
    private const int ChunksPerThread = 16;

    /// <summary>
    /// Runs a kernel for every index from 0 to <paramref name="extent"/> - 1, after what was launched before.
    /// </summary>
    /// <remarks>
    /// On a GPU ILGPU compiles the kernel and runs one index per thread, while the host goes on. On the CPU the same
    /// method runs on the thread pool, because a launch through ILGPU's CPU accelerator costs 20 times as much
    /// (docs/decisions.md), and this returns when it is done.
    /// </remarks>
    /// <param name="kernel">
    /// A static method, no lambda that captures anything. Its parameters are the index of what it computes, then as a
    /// rule outputs, inputs and sizes: views and structures, for ILGPU compiles no references.
    /// </param>
    /// <param name="extent">Number of indices; with 0 nothing runs.</param>
    /// <param name="p1">The kernel's first argument after the index, and so on.</param>
    public void Launch<T1>(Action<Index1D, T1> kernel, int extent, T1 p1)
        where T1 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1>>(kernel.Method)(stream, extent, p1);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2>(Action<Index1D, T1, T2> kernel, int extent, T1 p1, T2 p2)
        where T1 : struct
        where T2 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2>>(kernel.Method)(stream, extent, p1, p2);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3>(Action<Index1D, T1, T2, T3> kernel, int extent, T1 p1, T2 p2, T3 p3)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3>>(kernel.Method)(
                stream, extent, p1, p2, p3);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3, T4>(Action<Index1D, T1, T2, T3, T4> kernel, int extent, T1 p1, T2 p2, T3 p3, T4 p4)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3, T4>>(kernel.Method)(
                stream, extent, p1, p2, p3, p4);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3, p4);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3, T4, T5>(
        Action<Index1D, T1, T2, T3, T4, T5> kernel, int extent, T1 p1, T2 p2, T3 p3, T4 p4, T5 p5)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3, T4, T5>>(kernel.Method)(
                stream, extent, p1, p2, p3, p4, p5);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3, p4, p5);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3, T4, T5, T6>(
        Action<Index1D, T1, T2, T3, T4, T5, T6> kernel, int extent, T1 p1, T2 p2, T3 p3, T4 p4, T5 p5, T6 p6)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3, T4, T5, T6>>(kernel.Method)(
                stream, extent, p1, p2, p3, p4, p5, p6);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3, p4, p5, p6);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3, T4, T5, T6, T7>(
        Action<Index1D, T1, T2, T3, T4, T5, T6, T7> kernel, int extent, T1 p1, T2 p2, T3 p3, T4 p4, T5 p5, T6 p6, T7 p7)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3, T4, T5, T6, T7>>(kernel.Method)(
                stream, extent, p1, p2, p3, p4, p5, p6, p7);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3, p4, p5, p6, p7);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8>(
        Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8> kernel, int extent, T1 p1, T2 p2, T3 p3, T4 p4, T5 p5, T6 p6,
        T7 p7, T8 p8)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3, T4, T5, T6, T7, T8>>(kernel.Method)(
                stream, extent, p1, p2, p3, p4, p5, p6, p7, p8);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3, p4, p5, p6, p7, p8);
            });
    }

    /// <inheritdoc cref="Launch{T1}"/>
    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, int extent, T1 p1, T2 p2, T3 p3, T4 p4, T5 p5,
        T6 p6, T7 p7, T8 p8, T9 p9)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
    {
        if (IsPlanning || extent == 0)
            return;
        if (threads is null)
            kernels.OnePerIndex<Action<AcceleratorStream, Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9>>(kernel.Method)(
                stream, extent, p1, p2, p3, p4, p5, p6, p7, p8, p9);
        else
            ForEachChunk(extent, (start, end) =>
            {
                for (int i = start; i < end; i++)
                    kernel(i, p1, p2, p3, p4, p5, p6, p7, p8, p9);
            });
    }

    private void ForEachChunk(int extent, Action<int, int> body)
    {
        int size = Math.Max(1, extent / (Threads * ChunksPerThread));
        // In 64 bits: near the largest extent, what is rounded up or lies behind the last chunk does not fit 32.
        int chunks = (int)(((long)extent + size - 1) / size);
        if (chunks == 1 || Threads == 1)
        {
            body(0, extent);
            return;
        }
        try
        {
            Parallel.For(0, chunks, threads!, chunk => body(chunk * size, (int)Math.Min(extent, (chunk + 1L) * size)));
        }
        catch (AggregateException exception)
        {
            // As it would come from one thread: what callers catch must not depend on the number of threads.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
