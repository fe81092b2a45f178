using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Memory that lives on the device until disposed: parameters, gradients, optimizer state, the arena, a batch of
/// pixels.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    // CPU kernels read, never write, at most one register tile's columns (two 64-byte vectors, or max pooling's four of
    // 32 bytes) that begin within the tensor: up to 31 floats past its end. Twice that, to be a multiple of the
    // alignment, and enough where .NET is told to make all vectors of 64 bytes.
    private const int SlackBytes = 4 * 64;

    private readonly MemoryBuffer buffer;
    private readonly MemoryUse use;
    private readonly long bytes;
    private readonly ArrayView<T> view;

    internal DeviceBuffer(Accelerator accelerator, long count, MemoryUse use)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long total = checked(count + SlackBytes / Unsafe.SizeOf<T>() + 1);
        bytes = checked(total * Unsafe.SizeOf<T>());
        if (accelerator is CPUAccelerator)
        {
            buffer = new CpuBuffer(accelerator, total, Unsafe.SizeOf<T>());
        }
        else
        {
            buffer = Allocate(accelerator, total);
            buffer.AsArrayView<T>(0, total).MemSetToZero();
            // The zeros go through the default stream, which a device's own stream does not wait for: they would land
            // on the first upload.
            accelerator.DefaultStream.Synchronize();
        }
        view = buffer.AsArrayView<T>(0, count);
        this.use = use;
        use.Add(bytes);
    }

    /// <summary>Whether the memory is given back.</summary>
    public bool IsDisposed => buffer.IsDisposed;

    /// <summary>All elements of the buffer; zero at first.</summary>
    /// <exception cref="ObjectDisposedException">The memory is given back.</exception>
    public ArrayView<T> View
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return view;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsDisposed)
            use.Add(-bytes);
        ComputeDevice.Release(buffer);
    }

    private static MemoryBuffer Allocate(Accelerator accelerator, long count)
    {
        try
        {
            return accelerator.AllocateRaw(count, Unsafe.SizeOf<T>());
        }
        catch (AcceleratorException exception) when (IsOutOfMemory(exception))
        {
            throw new InsufficientMemoryException(
                $"{accelerator.Name} has no {count * Unsafe.SizeOf<T>() >> 20} MiB left; use a smaller batch or smaller images.",
                exception);
        }
    }

    private static bool IsOutOfMemory(AcceleratorException exception) => exception switch
    {
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        CLException cl =>
            cl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES
            or CLError.CL_INVALID_BUFFER_SIZE,
        _ => false,
    };
}
