using BenchmarkDotNet.Attributes;
using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;

namespace IlgpuCxr.Benchmarks;

/// <summary>The three passes of every linear layer.</summary>
public class LinearBenchmarks : OperatorBenchmark
{
    private Tensor input, output;
    private ArrayView<float> weights;

    /// <summary>The layer.</summary>
    [ParamsSource(typeof(LayerShapes), nameof(LayerShapes.Linears))]
    public LinearShape Layer { get; set; }

    /// <inheritdoc/>
    protected override void Allocate()
    {
        (input, output, weights) = (Noise(Layer.Input), Noise(Layer.Output), Noise(Layer.Weights.Count));
        Plan(Forward, BackwardData, BackwardWeights);
    }

    /// <summary>Output from input.</summary>
    [Benchmark]
    public void Forward() => Linear.Forward(Device, output, input, weights, default, Layer);

    /// <summary>The input's gradient.</summary>
    [Benchmark]
    public void BackwardData() => Linear.BackwardData(Device, input, output, weights, Layer);

    /// <summary>The weights' gradient.</summary>
    [Benchmark]
    public void BackwardWeights() => Linear.BackwardWeights(Device, weights, default, output, input, Layer);
}
