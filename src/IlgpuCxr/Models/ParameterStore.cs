using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>All parameters of a network in one block of device memory, all gradients in another.</summary>
/// <remarks>
/// So an optimizer is one pass over one block, and the block's neighbours in memory are neighbours in the network.
/// Learned parameters come first, running statistics last.
/// </remarks>
public sealed class ParameterStore : IDisposable
{
    // 256 bytes, the alignment that ILGPU assumes of every view it is given.
    private const int Alignment = 64;

    private readonly ComputeDevice device;
    private readonly DeviceBuffer<float> values;
    private readonly DeviceBuffer<float> gradients;
    private readonly DeviceBuffer<float>? rounded;
    private readonly List<(Parameter Parameter, long Offset)> placed = [];
    private bool hasCopies;

    /// <summary>Gives memory to parameters; their values are zero until set.</summary>
    /// <param name="device">Where.</param>
    /// <param name="parameters">The parameters, in the network's order.</param>
    /// <exception cref="ArgumentException">
    /// Two parameters have one name, by which files tell them apart, or one has memory of another store.
    /// </exception>
    public ParameterStore(ComputeDevice device, IReadOnlyList<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (parameters.GroupBy(p => p.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException(
                $"Two parameters of the network are named {twice.Key}; give each layer a name of its own.",
                nameof(parameters));
        if (parameters.FirstOrDefault(p => p.Value.Length > 0) is { } taken)
            throw new ArgumentException(
                $"The parameter {taken.Name} is another network's already; make layers anew for each network.",
                nameof(parameters));
        this.device = device;
        long end = 0;
        foreach (Parameter parameter in parameters.Where(p => !p.IsBuffer))
            end = Place(parameter, end);
        LearnedCount = end;
        foreach (Parameter parameter in parameters.Where(p => p.IsBuffer))
            end = Place(parameter, end);

        values = device.Allocate<float>(end);
        try
        {
            gradients = device.Allocate<float>(LearnedCount);
            if (device.Precision == Precision.Bf16)
                rounded = device.Allocate<float>(ElementType.BFloat16.Floats(LearnedCount));
        }
        catch
        {
            gradients?.Dispose();
            values.Dispose();
            throw;
        }
        foreach ((Parameter parameter, long offset) in placed)
        {
            parameter.Value = values.View.SubView(offset, parameter.Shape.Count);
            if (!parameter.IsBuffer)
                parameter.Gradient = gradients.View.SubView(offset, parameter.Shape.Count);
        }
    }

    /// <summary>Floats that all learned parameters take, with the gaps between them.</summary>
    public long LearnedCount { get; }

    /// <summary>All values.</summary>
    public ArrayView<float> Values => values.View;

    /// <summary>All gradients, each where its parameter's value is.</summary>
    public ArrayView<float> Gradients => gradients.View;

    /// <summary>Where a parameter's values begin.</summary>
    /// <param name="parameter">One of the store's.</param>
    /// <exception cref="ArgumentException">The parameter is of another network.</exception>
    public long OffsetOf(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        foreach ((Parameter mine, long offset) in placed)
        {
            if (mine == parameter)
                return offset;
        }
        throw new ArgumentException(
            $"The parameter {parameter.Name} is another network's; take one of this network.", nameof(parameter));
    }

    /// <summary>
    /// A parameter's part of memory that is laid out as the store's, such as what an optimizer remembers.
    /// </summary>
    public ArrayView<float> PartOf(Parameter parameter, ArrayView<float> memory) =>
        memory.SubView(OffsetOf(parameter), parameter.Shape.Count);

    /// <summary>The stretches of memory that training changes, neighbours joined.</summary>
    public IReadOnlyList<(long Offset, long Count)> TrainableRanges()
    {
        var ranges = new List<(long Offset, long Count)>();
        foreach ((Parameter parameter, long offset) in placed)
        {
            if (!parameter.RequiresGrad)
                continue;
            long count = RoundUp(parameter.Shape.Count);
            if (ranges.Count > 0 && ranges[^1].Offset + ranges[^1].Count == offset)
                ranges[^1] = (ranges[^1].Offset, ranges[^1].Count + count);
            else
                ranges.Add((offset, count));
        }
        return ranges;
    }

    /// <summary>
    /// In bf16, rounds what is learned for all products that follow, until the next call: by one launch, where each
    /// pass of each layer would do so for itself. Without a call there is no copy that could be out of date.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The memory is given back.</exception>
    internal void RoundWeights()
    {
        RequireMemory();
        if (rounded is null)
            return;
        ElementConversion.Round(device, rounded.View, values.View.SubView(0, LearnedCount));
        if (hasCopies)
            return;
        hasCopies = true;
        foreach ((Parameter parameter, long offset) in placed)
        {
            // An odd number of elements ends within a float.
            if (!parameter.IsBuffer && parameter.Shape.Count % 2 == 0)
                parameter.Rounded = rounded.View.SubView(
                    ElementType.BFloat16.Floats(offset), ElementType.BFloat16.Floats(parameter.Shape.Count));
        }
    }

    /// <summary>Requires that the parameters have values.</summary>
    /// <exception cref="ObjectDisposedException">Their memory is given back.</exception>
    internal void RequireMemory() => ObjectDisposedException.ThrowIf(values.IsDisposed, this);

    /// <inheritdoc/>
    public void Dispose()
    {
        values.Dispose();
        gradients.Dispose();
        rounded?.Dispose();
        // Whoever keeps a parameter would read and write what is somebody else's by now.
        foreach ((Parameter parameter, _) in placed)
            (parameter.Value, parameter.Gradient, parameter.Rounded) = (default, default, default);
    }

    private long Place(Parameter parameter, long offset)
    {
        placed.Add((parameter, offset));
        return offset + RoundUp(parameter.Shape.Count);
    }

    private static long RoundUp(long count) => (count + Alignment - 1) / Alignment * Alignment;
}
