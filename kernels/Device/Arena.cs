using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>The one block of device memory from which a step takes its activations and gradients.</summary>
/// <remarks>
/// A step rents and returns in the same order every time, so its memory can be planned by running it once with all
/// launches switched off (<see cref="ComputeDevice.Plan"/>): the highest address reached is the size to allocate. After
/// that no step allocates on the device, and every tensor has the same address in every step.
/// </remarks>
public sealed class Arena
{
    // 256 bytes: ILGPU assumes kernel views to be so aligned, and no vector load of any device needs more.
    private const long Alignment = 64;

    private readonly ComputeDevice device;
    private readonly SortedList<long, long> free = [];
    private DeviceBuffer<float>? buffer;
    private long capacity;
    private long end;

    internal Arena(ComputeDevice device) => this.device = device;

    /// <summary>Bytes allocated on the device.</summary>
    public long Bytes => capacity * sizeof(float);

    /// <summary>Whether no tensor is rented, so that the next have the places that such ones always have.</summary>
    public bool IsEmpty => end == 0;

    internal long PlannedEnd { get; set; }

    /// <summary>How often the memory was allocated; each time, all tensors have other addresses.</summary>
    public int Generation { get; private set; }

    /// <summary>How often all tensors were taken back; those rented before have no place any more.</summary>
    internal int Abandoned { get; private set; }

    /// <summary>Takes memory for a tensor; its contents are undefined.</summary>
    /// <param name="shape">The tensor's extents.</param>
    /// <param name="elementType">How its elements lie there.</param>
    /// <returns>The tensor, with one reference.</returns>
    /// <exception cref="ArgumentException">Channels of bfloat16 are no multiple of 8.</exception>
    /// <exception cref="InvalidOperationException">The step rents more than was planned.</exception>
    /// <exception cref="DeviceException">
    /// The tensor has more elements than kernels can count, or is of bfloat16 and the device has no tensor cores.
    /// </exception>
    public Tensor Rent(TensorShape shape, ElementType elementType = ElementType.Single)
    {
        Sizes.RequireCountable(shape);
        Sizes.RequireChannels(shape, elementType);
        if (elementType == ElementType.BFloat16 && !device.HasTensorCores)
            throw new DeviceException(
                $"A tensor of bfloat16 needs an NVIDIA GPU of compute capability 8.0 or newer, which {device.Name} is not; make it of singles.");
        long size = RoundUp(elementType.Floats(shape.Count));
        foreach ((long offset, long length) in free)
        {
            if (length < size)
                continue;
            free.Remove(offset);
            if (length > size)
                free.Add(offset + size, length - size);
            return new Tensor(shape, elementType, this, offset);
        }
        if (device.IsPlanning)
            PlannedEnd = Math.Max(PlannedEnd, end + size);
        else if (end + size > capacity)
            throw new InvalidOperationException(
                $"A tensor of {shape} does not fit the arena's {Bytes} bytes: plan the step before running it.");
        var tensor = new Tensor(shape, elementType, this, end);
        end += size;
        return tensor;
    }

    /// <summary>
    /// Gives the memory back: the next plan takes what it needs, and steps planned before have to be planned again.
    /// </summary>
    /// <exception cref="InvalidOperationException">Tensors are rented.</exception>
    public void Trim()
    {
        RequireEmpty("The arena cannot give its memory back while tensors are rented from it; release them first.");
        Free();
        PlannedEnd = 0;
    }

    /// <summary>Requires that no tensor is rented.</summary>
    /// <exception cref="InvalidOperationException">One is.</exception>
    internal void RequireEmpty(string message)
    {
        if (!IsEmpty)
            throw new InvalidOperationException(message);
    }

    internal void Return(Tensor tensor)
    {
        long offset = tensor.Offset, size = RoundUp(tensor.Floats);
        free.Add(offset, size);
        int at = free.IndexOfKey(offset);
        at = MergeWithNext(at - 1) ? at - 1 : at;
        MergeWithNext(at);
        at = free.Count - 1;
        // Free memory at the end is not kept as a hole, so that an arena without tensors is as good as new.
        if (free.GetKeyAtIndex(at) + free.GetValueAtIndex(at) == end)
        {
            end = free.GetKeyAtIndex(at);
            free.RemoveAt(at);
        }
    }

    internal ArrayView<float> View(long offset, long count) =>
        device.IsPlanning ? default : buffer!.View.SubView(offset, count);

    /// <summary>Allocates what the plan needs, if it is more than there is.</summary>
    internal void Grow()
    {
        if (PlannedEnd <= capacity)
            return;
        // Given back first, for the new one may not fit beside it. If it does not fit at all, nothing is planned any
        // more, and a smaller step may be.
        long planned = PlannedEnd;
        Free();
        PlannedEnd = 0;
        buffer = device.Allocate<float>(planned);
        PlannedEnd = capacity = planned;
        Generation++;
    }

    /// <summary>
    /// Takes all tensors back from a step that did not come to its end; they may not be used any more.
    /// </summary>
    /// <remarks>
    /// Whoever still holds one may release it: it has no place to give back, and its old one may be another's by then.
    /// </remarks>
    internal void Abandon()
    {
        Abandoned++;
        free.Clear();
        end = 0;
        // What a plan that throws would have needed, the next does not.
        PlannedEnd = capacity;
    }

    internal void Free()
    {
        buffer?.Dispose();
        buffer = null;
        capacity = 0;
    }

    private bool MergeWithNext(int at)
    {
        if (at < 0 || at + 1 >= free.Count
            || free.GetKeyAtIndex(at) + free.GetValueAtIndex(at) != free.GetKeyAtIndex(at + 1))
            return false;
        free.SetValueAtIndex(at, free.GetValueAtIndex(at) + free.GetValueAtIndex(at + 1));
        free.RemoveAt(at + 1);
        return true;
    }

    // A tensor without elements has a place of its own too, or it could not be told from the hole that it stands at.
    private static long RoundUp(long count) => Math.Max(1, (count + Alignment - 1) / Alignment) * Alignment;
}
