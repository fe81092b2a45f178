using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;

namespace IlgpuCxr.Layers;

/// <summary>
/// What decides which values a network's dropout layers drop, apart from the layer: the same numbers drop the same
/// values on every device.
/// </summary>
/// <remarks>
/// One object a network, which its layers share and the training step counts up: nothing is global, and a resumed run
/// goes on in the same sequence.
/// </remarks>
public sealed class DropoutState : IDisposable
{
    private DeviceBuffer<int>? step;

    /// <summary>The run's seed.</summary>
    public long Seed { get; set; }

    /// <summary>
    /// Whether nothing is dropped although gradients will follow: those of a network that is not trained.
    /// </summary>
    public bool IsOff { get; set; }

    /// <summary><c>[1]</c>, number of the training step.</summary>
    /// <exception cref="InvalidOperationException">No step was begun.</exception>
    internal ArrayView<int> Step =>
        step?.View ?? throw new InvalidOperationException("Begin a step before a dropout layer runs.");

    /// <summary>Begins a training step, after what was launched before.</summary>
    /// <param name="device">Where the network is.</param>
    /// <param name="number">The step's number.</param>
    public void Begin(ComputeDevice device, int number)
    {
        ArgumentNullException.ThrowIfNull(device);
        step ??= device.Allocate<int>(1);
        Dropout.SetStep(device, step.View, number);
    }

    /// <inheritdoc/>
    public void Dispose() => step?.Dispose();
}
