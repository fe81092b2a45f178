using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Copies to a GPU through page-locked memory, while it computes.</summary>
/// <remarks>
/// A copy from memory that the system may move is done piece by piece while the host waits, after all kernels launched
/// before it: a batch's upload would wait for the step before, and the GPU then for the host to launch the next one.
/// Here the host copies into memory that stays where it is. Of a small array it queues the copy among the launches and
/// goes on. A large one, the pixels of a batch, would keep the GPU from computing while it crosses the bus: it goes by
/// a stream of its own to a landing place on the device, block after block, for which alone the host waits; a copy on
/// the device, a hundred times as fast, takes it from there among the launches. See NVIDIA's
/// <see href="https://developer.nvidia.com/blog/how-overlap-data-transfers-cuda-cc/">How to Overlap Data Transfers in
/// CUDA C/C++</see>.
/// </remarks>
internal sealed class UploadStaging : IDisposable
{
    // Labels and parameters of a batch are kilobytes, its pixels tens of megabytes. What is larger still is weights,
    // which are uploaded once and are not worth a landing place.
    private const long SmallBytes = 1 << 16, MaxBytes = 1 << 28;

    // One thread copies some 10 GB/s, and the bus takes some 50: a batch of large images would take it as long as a
    // step takes the GPU. A part is worth waking a thread for.
    private const int Threads = 8, PartBytes = 1 << 20, BlockBytes = Threads * PartBytes;

    private static readonly ParallelOptions threads = new() { MaxDegreeOfParallelism = Threads };

    private readonly Accelerator accelerator;
    private readonly AcceleratorStream stream;
    private readonly AcceleratorStream uploads;
    private readonly MemoryUse use;

    // Two batches under way: some four small arrays each, and one large one. While a block crosses the bus the next is
    // filled.
    private readonly Staged[] small = [new(), new(), new(), new(), new(), new(), new(), new()];
    private readonly Staged[] blocks = [new(), new()];
    private readonly Landing[] landings = [new(), new()];
    // They may pass their largest value: the numbers of slots are powers of two.
    private uint nextSmall;
    private uint nextLanding;
    private bool isRefused;

    /// <summary>Creates the stream of large arrays; memory is allocated when it is needed.</summary>
    /// <param name="accelerator">The GPU.</param>
    /// <param name="stream">Where kernels are launched.</param>
    /// <param name="use">Counts what the landing places take.</param>
    public UploadStaging(Accelerator accelerator, AcceleratorStream stream, MemoryUse use)
    {
        (this.accelerator, this.stream, this.use) = (accelerator, stream, use);
        uploads = accelerator.CreateStream();
    }

    /// <summary>Queues a copy; the source may be used again at once.</summary>
    /// <returns>
    /// Whether it did: what is very large is better copied from where it is, and so is all where no pages can be
    /// locked.
    /// </returns>
    public bool TryCopy<T>(ArrayView<T> destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        if (isRefused || (long)source.Length * Unsafe.SizeOf<T>() > MaxBytes)
            return false;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(source);
        if (bytes.Length <= SmallBytes)
        {
            Staged slot = small[nextSmall++ % small.Length];
            return TryStage(slot, SmallBytes, bytes, stream, destination.Cast<byte>());
        }
        Landing landing = landings[nextLanding++ % landings.Length];
        landing.Reserve(accelerator, bytes.Length, use);
        for (int start = 0; start < bytes.Length; start += BlockBytes)
        {
            ReadOnlySpan<byte> block = bytes.Slice(start, Math.Min(BlockBytes, bytes.Length - start));
            Staged slot = blocks[start / BlockBytes % blocks.Length];
            if (!TryStage(slot, BlockBytes, block, uploads, landing.View.SubView(start, block.Length)))
                return false;
        }
        uploads.Synchronize();
        destination.Cast<byte>().CopyFrom(stream, landing.View.SubView(0, bytes.Length));
        landing.Copied = stream.AddProfilingMarker();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Source source in (ReadOnlySpan<Source>)[.. small, .. blocks, .. landings])
            source.Dispose();
        ComputeDevice.Release(uploads);
    }

    /// <summary>Copies to page-locked memory as soon as that is free, and queues the copy from there.</summary>
    /// <returns>Whether there is such memory.</returns>
    private bool TryStage(
        Staged slot, long capacity, ReadOnlySpan<byte> source, AcceleratorStream queue, ArrayView<byte> destination)
    {
        slot.Await();
        if (slot.Memory is null)
        {
            try
            {
                // ILGPU locks pages without making the device's context the thread's own, as it does elsewhere.
                accelerator.Bind();
                slot.Memory = accelerator.AllocatePageLocked1D<byte>(capacity);
            }
            catch (AcceleratorException)
            {
                // A system may let a process lock few pages or none: slower, but no reason to fail.
                isRefused = true;
                return false;
            }
        }
        Copy(source, slot.Memory.Span);
        destination.CopyFrom(queue, slot.Memory.ArrayView.SubView(0, source.Length));
        slot.Copied = queue.AddProfilingMarker();
        return true;
    }

    private static unsafe void Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length <= PartBytes)
        {
            source.CopyTo(destination);
            return;
        }
        int length = source.Length;
        fixed (byte* sourceStart = source, destinationStart = destination)
        {
            byte* from = sourceStart, to = destinationStart;
            Parallel.For(0, (length + PartBytes - 1) / PartBytes, threads, i =>
            {
                int at = i * PartBytes;
                Buffer.MemoryCopy(from + at, to + at, length - at, Math.Min(PartBytes, length - at));
            });
        }
    }

    /// <summary>Memory that copies are made from, in turn.</summary>
    private abstract class Source : IDisposable
    {
        /// <summary>When the last copy is done.</summary>
        public ProfilingMarker? Copied { private get; set; }

        public void Await()
        {
            Copied?.Synchronize();
            Copied?.Dispose();
            Copied = null;
        }

        public virtual void Dispose() => ComputeDevice.Release(Copied);
    }

    /// <summary>Page-locked memory.</summary>
    private sealed class Staged : Source
    {
        public PageLockedArray1D<byte>? Memory { get; set; }

        public override void Dispose()
        {
            base.Dispose();
            ComputeDevice.Release(Memory);
        }
    }

    /// <summary>Memory of the device.</summary>
    private sealed class Landing : Source
    {
        private DeviceBuffer<byte>? memory;

        public ArrayView<byte> View => memory!.View;

        /// <summary>Makes room as soon as what is there was copied.</summary>
        public void Reserve(Accelerator accelerator, long bytes, MemoryUse use)
        {
            Await();
            if (memory?.View.Length >= bytes)
                return;
            memory?.Dispose();
            memory = null;
            // A quarter more than needed: the bytes of a batch vary, and allocating takes milliseconds.
            memory = new DeviceBuffer<byte>(accelerator, bytes + bytes / 4, use);
        }

        public override void Dispose()
        {
            base.Dispose();
            memory?.Dispose();
        }
    }
}
