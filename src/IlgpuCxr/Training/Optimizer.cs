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
    private readonly Network network;
    private readonly Dictionary<string, DeviceBuffer<float>> state = [];
    private OptimizerOptions options;

    /// <summary>Creates the optimizer.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network to train.</param>
    /// <param name="options">The method, learning rate and so on.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    /// <exception cref="ArgumentException">The network is on another device.</exception>
    public Optimizer(ComputeDevice device, Network network, OptimizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        network.RequireOn(device);
        this.device = device;
        this.options = options;
        this.network = network;
        string[] names = options.Kind == OptimizerKind.Sgd ? ["momentum_buffer"] : ["exp_avg", "exp_avg_sq"];
        try
        {
            foreach (string name in names)
                state.Add(name, device.Allocate<float>(network.Store.LearnedCount));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Size of a step; may change from step to step, as a schedule wants it.</summary>
    /// <exception cref="UsageException">It is not positive.</exception>
    public float LearningRate
    {
        get => options.LearningRate;
        set
        {
            OptimizerOptions changed = options with { LearningRate = value };
            changed.Validate();
            options = changed;
        }
    }

    /// <summary>Number of steps taken, those before a resume included.</summary>
    public int Steps { get; set; }

    /// <summary>
    /// What the optimizer remembers of each learned parameter, by PyTorch's names of it, laid out as the store's
    /// values.
    /// </summary>
    public IEnumerable<(string Name, ArrayView<float> Values)> State =>
        state.Select(part => (part.Key, part.Value.View));

    /// <summary>Changes the parameters that are not frozen by their gradients.</summary>
    public void Step()
    {
        Steps++;
        ParameterStore store = network.Store;
        if (options.CentralizeGradients)
        {
            foreach (Parameter parameter in network.Parameters)
            {
                if (parameter.RequiresGrad && parameter.Layout != ParameterLayout.Vector)
                    GradientCentralization.Step(device, parameter.Gradient, parameter.Shape.N);
            }
        }
        foreach ((long offset, long count) in store.TrainableRanges())
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

    /// <summary>Requires that these are the parameters of a network.</summary>
    /// <exception cref="ArgumentException">They are another's.</exception>
    internal void RequireOf(Network network)
    {
        if (network != this.network)
            throw new ArgumentException(
                "The optimizer is another network's; make one for this network.", nameof(network));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceBuffer<float> part in state.Values)
            part.Dispose();
    }
}
