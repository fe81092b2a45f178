using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Copies to a GPU through page-locked memory, so that neither the host nor the GPU waits for the other.
/// </summary>
/// <remarks>
/// A copy from memory that the system may move is done piece by piece while the host waits, after all kernels launched
/// before it: a batch's upload would wait for the step before, and the GPU then for the host to launch the next one.
/// Here the host copies into a slot that stays where it is, queues the copy, and goes on. Slots are taken in turn; one
/// is used again when its last copy is done. See NVIDIA's
/// <see href="https://developer.nvidia.com/blog/how-overlap-data-transfers-cuda-cc/">How to Overlap Data Transfers in
/// CUDA C/C++</see>.
/// </remarks>
internal sealed class UploadStaging(Accelerator accelerator, AcceleratorStream stream) : IDisposable
{
    // Labels and parameters of a batch are kilobytes, its pixels tens of megabytes: with slots of two kinds, small
    // arrays do not lock large memory. What is larger still is weights, which are uploaded once and need no slot.
    private const long SmallBytes = 1 << 16, MaxBytes = 1 << 28;

    // One thread copies some 10 GB/s: a batch of large images would take it as long as a step takes the GPU. Four are
    // enough, and smaller parts not worth waking them.
    private const int PartBytes = 1 << 22;
    private static readonly ParallelOptions threads = new() { MaxDegreeOfParallelism = 4 };

    // Two batches under way: some four small arrays each, and one large one.
    private readonly Slot[] small = [new(), new(), new(), new(), new(), new(), new(), new()];
    private readonly Slot[] large = [new(), new()];
    private int nextSmall;
    private int nextLarge;
    private bool isRefused;

    /// <summary>Queues a copy; the source may be used again at once.</summary>
    /// <returns>
    /// Whether it did: what is very large is better copied from where it is, and so is all where no pages can be
    /// locked.
    /// </returns>
    public bool TryCopy<T>(ArrayView<T> destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        long bytes = (long)source.Length * Unsafe.SizeOf<T>();
        if (isRefused || bytes > MaxBytes)
            return false;
        Slot slot = bytes <= SmallBytes ? small[nextSmall++ % small.Length] : large[nextLarge++ % large.Length];
        slot.Copied?.Synchronize();
        slot.Copied?.Dispose();
        slot.Copied = null;
        if (slot.Memory is null || slot.Memory.Length < bytes)
        {
            slot.Memory?.Dispose();
            slot.Memory = null;
            try
            {
                // ILGPU locks pages without making the device's context the thread's own, as it does elsewhere.
                accelerator.Bind();
                // A quarter more than needed: the bytes of a batch vary, and locking pages takes milliseconds.
                slot.Memory = accelerator.AllocatePageLocked1D<byte>(Math.Max(SmallBytes, bytes + bytes / 4));
            }
            catch (AcceleratorException)
            {
                // A system may let a process lock few pages or none: slower, but no reason to fail.
                isRefused = true;
                return false;
            }
        }
        Copy(MemoryMarshal.AsBytes(source), slot.Memory.Span);
        destination.CopyFrom(stream, slot.Memory.ArrayView.SubView(0, bytes).Cast<T>());
        slot.Copied = stream.AddProfilingMarker();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in small.Concat(large))
        {
            ComputeDevice.Release(slot.Copied);
            ComputeDevice.Release(slot.Memory);
        }
    }

    private static unsafe void Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length <= PartBytes)
        {
            source.CopyTo(destination);
            return;
        }
        long length = source.Length;
        fixed (byte* sourceStart = source, destinationStart = destination)
        {
            byte* from = sourceStart, to = destinationStart;
            Parallel.For(0, (int)((length + PartBytes - 1) / PartBytes), threads, i =>
            {
                long at = (long)i * PartBytes;
                Buffer.MemoryCopy(from + at, to + at, length - at, Math.Min(PartBytes, length - at));
            });
        }
    }

    private sealed class Slot
    {
        public PageLockedArray1D<byte>? Memory { get; set; }

        public ProfilingMarker? Copied { get; set; }
    }
}
