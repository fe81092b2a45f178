using BenchmarkDotNet.Attributes;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Benchmarks;

/// <summary>Both passes of every max pooling.</summary>
public class MaxPoolingBenchmarks : OperatorBenchmark
{
    private Tensor input, output, positions;

    /// <summary>The layer.</summary>
    [ParamsSource(typeof(LayerShapes), nameof(LayerShapes.MaxPoolings))]
    public MaxPoolingShape Layer { get; set; }

    /// <inheritdoc/>
    protected override void Allocate()
    {
        (input, output, positions) = (Noise(Layer.Input), Noise(Layer.Output), Noise(Layer.Positions));
        // Backward reads the positions that forward wrote.
        Forward();
    }

    /// <summary>Output and positions from input.</summary>
    [Benchmark]
    public void Forward() => MaxPooling.Forward(Device, output, positions, input, isActivation: false, Layer);

    /// <summary>The input's gradient.</summary>
    [Benchmark]
    public void Backward() => MaxPooling.Backward(Device, input, output, positions, Layer);
}
