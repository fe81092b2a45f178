using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>A CPU's memory, zero at first.</summary>
/// <remarks>
/// Views hold it, so that what nobody disposes of is freed by ILGPU's finalizer when the last view is gone too.
/// </remarks>
internal sealed unsafe class CpuBuffer : CPUMemoryBuffer
{
    private const int AlignmentBytes = 256;

    private void* memory;

    /// <summary>Allocates it.</summary>
    /// <param name="accelerator">The CPU.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="elementSize">Bytes of an element.</param>
    /// <exception cref="OutOfMemoryException">The system has not so much.</exception>
    public CpuBuffer(Accelerator accelerator, long count, int elementSize)
        : base(accelerator, count, elementSize)
    {
        // ILGPU's own CPU memory is aligned to 16 bytes; a 64-byte vector that straddles two cache lines costs twice.
        // And memory that the system gives as zero takes none until it is written: the gradients of a network that only
        // predicts are never there.
        memory = NativeMemory.AllocZeroed((nuint)LengthInBytes + AlignmentBytes);
        NativePtr = (nint)(((nuint)memory + AlignmentBytes - 1) & ~(nuint)(AlignmentBytes - 1));
    }

    /// <inheritdoc/>
    protected override void DisposeAcceleratorObject(bool disposing)
    {
        NativeMemory.Free(memory);
        memory = null;
        NativePtr = default;
    }
}
