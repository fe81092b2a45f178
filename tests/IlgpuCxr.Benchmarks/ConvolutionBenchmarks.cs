using BenchmarkDotNet.Attributes;
using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Benchmarks;

/// <summary>The three passes of every convolution.</summary>
public class ConvolutionBenchmarks : OperatorBenchmark
{
    private Tensor input, output;
    private ArrayView<float> weights;

    /// <summary>The layer.</summary>
    [ParamsSource(typeof(LayerShapes), nameof(LayerShapes.Convolutions))]
    public ConvolutionShape Layer { get; set; }

    /// <inheritdoc/>
    protected override void Allocate()
    {
        (input, output, weights) = (Noise(Layer.Input), Noise(Layer.Output), Noise(Layer.Weights.Count));
        Plan(Forward, BackwardData, BackwardWeights);
    }

    /// <summary>Output from input.</summary>
    [Benchmark]
    public void Forward() => Convolution.Forward(Device, output, input, weights, default, relu: false, Layer);

    /// <summary>The input's gradient.</summary>
    [Benchmark]
    public void BackwardData() =>
        Convolution.BackwardData(Device, input, output, weights, accumulate: false, activation: null, Layer);

    /// <summary>The weights' gradient.</summary>
    [Benchmark]
    public void BackwardWeights() => Convolution.BackwardWeights(Device, weights, default, output, input, Layer);
}
