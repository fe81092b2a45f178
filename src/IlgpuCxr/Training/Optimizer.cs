using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>Changes a network's trainable parameters by their gradients, a launch a stretch of memory.</summary>
public sealed class Optimizer : IDisposable
{
    private readonly ComputeDevice device;
    private readonly ParameterStore store;
    private readonly OptimizerOptions options;
    private readonly Dictionary<string, DeviceBuffer<float>> state = [];
    private readonly IReadOnlyList<(long Offset, long Count)> ranges;
    private readonly Parameter[] centralized;

    /// <summary>Creates the optimizer; what is frozen now stays as it is.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network to train.</param>
    /// <param name="options">The method, learning rate and so on.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public Optimizer(ComputeDevice device, Network network, OptimizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.device = device;
        this.options = options;
        store = network.Store;
        string[] names = options.Kind == OptimizerKind.Sgd ? ["momentum_buffer"] : ["exp_avg", "exp_avg_sq"];
        try
        {
            foreach (string name in names)
                state.Add(name, device.Allocate<float>(store.LearnedCount));
        }
        catch
        {
            Dispose();
            throw;
        }
        ranges = store.TrainableRanges();
        centralized = options.CentralizeGradients
            ? [.. network.Parameters.Where(p => p.RequiresGrad && p.Layout != ParameterLayout.Vector)]
            : [];
    }

    /// <summary>Number of steps taken, those before a resume included.</summary>
    public int Steps { get; set; }

    /// <summary>
    /// What the optimizer remembers of each learned parameter, by PyTorch's names of it, laid out as the store's
    /// values.
    /// </summary>
    public IEnumerable<(string Name, ArrayView<float> Values)> State =>
        state.Select(part => (part.Key, part.Value.View));

    /// <summary>Changes the parameters by their gradients.</summary>
    public void Step()
    {
        Steps++;
        foreach (Parameter parameter in centralized)
            GradientCentralization.Step(device, parameter.Gradient, parameter.Shape.N);
        foreach ((long offset, long count) in ranges)
        {
            ArrayView<float> values = store.Values.SubView(offset, count);
            ArrayView<float> gradients = store.Gradients.SubView(offset, count);
            ArrayView<float> Part(string name) => state[name].View.SubView(offset, count);
            if (options.Kind == OptimizerKind.Sgd)
                Sgd.Step(device, values, Part("momentum_buffer"), gradients, options.Sgd);
            else
                Adam.Step(device, values, Part("exp_avg"), Part("exp_avg_sq"), gradients, Steps, options.Adam);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceBuffer<float> part in state.Values)
            part.Dispose();
    }
}
