using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>Stochastic gradient descent over a network's trainable parameters, a launch a stretch of memory.</summary>
public sealed class SgdOptimizer : IDisposable
{
    private readonly ComputeDevice device;
    private readonly ParameterStore store;
    private readonly SgdOptions options;
    private readonly DeviceBuffer<float> momentum;
    private readonly IReadOnlyList<(long Offset, long Count)> runs;

    /// <summary>Creates the optimizer; what is frozen now stays as it is.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network to train.</param>
    /// <param name="options">Learning rate, momentum and so on.</param>
    public SgdOptimizer(ComputeDevice device, Network network, SgdOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        this.device = device;
        this.options = options;
        store = network.Store;
        momentum = device.Allocate<float>(store.LearnedCount);
        runs = store.TrainableRuns();
    }

    /// <summary>The momentum of each learned parameter, where its value is in the store.</summary>
    public ArrayView<float> Momentum => momentum.View;

    /// <summary>Changes the parameters by their gradients.</summary>
    public void Step()
    {
        foreach ((long offset, long count) in runs)
        {
            Sgd.Step(
                device, store.Values.SubView(offset, count), momentum.View.SubView(offset, count), store.Gradients.SubView(offset, count), options);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => momentum.Dispose();
}
