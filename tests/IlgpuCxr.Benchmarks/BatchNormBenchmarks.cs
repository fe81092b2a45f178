using BenchmarkDotNet.Attributes;
using ILGPU;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Benchmarks;

/// <summary>Both passes of every batch norm, with the ReLU that follows.</summary>
public class BatchNormBenchmarks : OperatorBenchmark
{
    // PyTorch's defaults.
    private const float Momentum = 0.1f, Epsilon = 1e-5f;

    private Tensor input, output, gradInput, gradOutput;
    private ArrayView<float> mean, inverseStd, runningMean, runningVar, weight, bias, gradWeight, gradBias;

    /// <summary>The layer.</summary>
    [ParamsSource(typeof(LayerShapes), nameof(LayerShapes.BatchNorms))]
    public BatchNormShape Layer { get; set; }

    /// <inheritdoc/>
    protected override void Allocate()
    {
        (input, output, gradInput, gradOutput) =
            (Noise(Layer.Tensor), Noise(Layer.Tensor), Noise(Layer.Tensor), Noise(Layer.Tensor));
        (mean, inverseStd, runningMean, runningVar) = (Noise(Layer.C), Noise(Layer.C), Noise(Layer.C), Noise(Layer.C));
        (weight, bias, gradWeight, gradBias) = (Noise(Layer.C), Noise(Layer.C), Noise(Layer.C), Noise(Layer.C));
        Plan(Forward, Backward);
        // Backward reads the statistics that forward wrote.
        Forward();
    }

    /// <summary>Output and statistics from input.</summary>
    [Benchmark]
    public void Forward() => BatchNorm.ForwardTraining(
        Device, output, mean, inverseStd, runningMean, runningVar, input, null, weight, bias, Momentum, Epsilon,
        relu: true, Layer);

    /// <summary>The gradients of input, weight and bias.</summary>
    [Benchmark]
    public void Backward() => BatchNorm.Backward(
        Device, gradInput, null, gradWeight, gradBias, gradOutput, null, input, mean, inverseStd, weight, bias,
        relu: true, Layer);
}
