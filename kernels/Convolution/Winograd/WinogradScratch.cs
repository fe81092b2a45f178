using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The memory of the threads that share a Winograd pass, behind the <see cref="TaskCounter"/> from which they take
/// their tasks.
/// </summary>
/// <remarks>
/// What a thread writes for one task and reads again must stay in its cache from task to task, so it belongs to the
/// thread and not to the task.
/// </remarks>
/// <param name="InputPitch">Floats from one tile to the next in the transformed input.</param>
/// <param name="InputPlane">Floats from one element of the tiles to the next in the transformed input.</param>
/// <param name="ProductPlane">The same in the products.</param>
/// <param name="Weights">Floats of the transformed weights of a pass, where a task transforms them itself.</param>
/// <param name="Elements">Elements of a transformed tile, <c>(m + 2)²</c>.</param>
internal readonly record struct WinogradScratch(
    int InputPitch, int InputPlane, int ProductPlane, int Weights, int Elements)
{
    /// <summary>
    /// Floats of the largest transformed tile, 6 x 6 vectors of 16: what a kernel keeps of one on its stack.
    /// </summary>
    public const int TransformFloats = 36 * 16;

    /// <summary>Floats that a thread needs.</summary>
    public int Floats => Elements * (InputPlane + ProductPlane) + Weights;

    /// <summary>The scratch memory for a grid.</summary>
    public static WinogradScratch Of(in WinogradWeights layout, in WinogradGrid grid, int outputs, int columns)
    {
        int pitch = Pitch(layout.InChannels), elements = (outputs + 2) * (outputs + 2);
        int weights = grid.TaskTransformsWeights ? grid.BlocksPerPass * elements * layout.ElementPitch(columns) : 0;
        return new WinogradScratch(
            pitch, Pitch(grid.TilesPerTask * pitch), Pitch(grid.TilesPerTask * grid.BlocksPerPass * columns), weights,
            elements);
    }

    /// <summary>
    /// Floats from one run of <paramref name="floats"/> to the next: whole cache lines, an odd number of them.
    /// </summary>
    /// <remarks>
    /// Planes that are an odd number of lines long do not fall onto the same few sets of the cache, as those a power of
    /// two apart do.
    /// </remarks>
    public static int Pitch(int floats) => (Ceiling.Divide(floats, CpuMemory.LineFloats) | 1) * CpuMemory.LineFloats;

    /// <summary>Rents the memory of some threads.</summary>
    public Tensor Rent(ComputeDevice device, int threads) => TaskCounter.Rent(device, (long)threads * Floats);

    /// <summary>The memory of a thread.</summary>
    public unsafe float* Of(ArrayView<float> memory, int thread) =>
        memory.Pointer() + TaskCounter.Floats + (long)thread * Floats;
}
