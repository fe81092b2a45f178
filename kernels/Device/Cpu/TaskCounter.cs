using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// A counter at the start of some memory, from which the threads of a launch take their tasks until there are none
/// left.
/// </summary>
/// <remarks>
/// So a thread knows itself, and can keep what it needs from task to task in memory of its own. Every task computes the
/// same wherever it runs.
/// </remarks>
internal static unsafe class TaskCounter
{
    /// <summary>Floats that the counter takes: a cache line, so that it shares none with what follows.</summary>
    public const int Floats = CpuMemory.LineFloats;

    /// <summary>Rents memory behind a counter that stands at zero.</summary>
    /// <param name="device">The device.</param>
    /// <param name="floats">Floats behind the counter.</param>
    public static Tensor Rent(ComputeDevice device, long floats)
    {
        Tensor memory = device.Arena.Rent(TensorShape.Vector(Sizes.Countable(Floats + floats)));
        Restart(device, memory);
        return memory;
    }

    /// <summary>Sets the counter back to zero.</summary>
    public static void Restart(ComputeDevice device, Tensor memory) => device.Launch(Reset, 1, memory.View);

    /// <summary>The next task that nobody has taken yet.</summary>
    public static int Next(ArrayView<float> memory) => Interlocked.Increment(ref *(int*)memory.Pointer()) - 1;

    private static void Reset(Index1D index, ArrayView<float> memory) => *(int*)memory.Pointer() = 0;
}
