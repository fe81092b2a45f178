using BenchmarkDotNet.Attributes;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Benchmarks;

/// <summary>Both passes of every max pooling.</summary>
public class MaxPoolingBenchmarks : OperatorBenchmark
{
    private Tensor input, output, indices;

    /// <summary>The layer.</summary>
    [ParamsSource(typeof(LayerShapes), nameof(LayerShapes.MaxPoolings))]
    public MaxPoolingShape Layer { get; set; }

    /// <inheritdoc/>
    protected override void Allocate()
    {
        (input, output, indices) = (Noise(Layer.Input), Noise(Layer.Output), Noise(Layer.Output));
        // Backward reads the indices that forward wrote.
        Forward();
    }

    /// <summary>Output and indices from input.</summary>
    [Benchmark]
    public void Forward() => MaxPooling.Forward(Device, output, indices, input, isActivation: false, Layer);

    /// <summary>The input's gradient.</summary>
    [Benchmark]
    public void Backward() => MaxPooling.Backward(Device, input, output, indices, Layer);
}
