using ILGPU;
using IlgpuCxr.Kernels.Device;
using ConvolutionOperator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>A fully connected layer; <see cref="LinearShape"/> has the formula, <see cref="LinearReference"/> the definition.</summary>
/// <remarks>See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html">Linear</see>.</remarks>
public static class Linear
{
    /// <summary><c>output = input weightsᵀ + bias</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="bias"><c>[Out]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, in LinearShape shape)
    {
        LinearAlgorithm algorithm = Choose(device);
        if (algorithm == LinearAlgorithm.Convolution)
        {
            ConvolutionOperator.Forward(device, output, input, weights, bias, shape.AsConvolution);
            return;
        }
        using var timing = device.Timings.Measure("linear forward", shape, algorithm, shape.Flops, shape.Bytes);
        device.Launch(LinearNaive.Forward, (int)shape.Output.Count, output.View, input.View, weights, bias, shape);
    }

    /// <summary><c>gradInput = gradOutput weights</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput"><c>[N, In]</c></param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardData(ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, in LinearShape shape)
    {
        LinearAlgorithm algorithm = Choose(device);
        if (algorithm == LinearAlgorithm.Convolution)
        {
            ConvolutionOperator.BackwardData(device, gradInput, gradOutput, weights, accumulate: false, shape.AsConvolution);
            return;
        }
        using var timing = device.Timings.Measure("linear backward data", shape, algorithm, shape.Flops, shape.Bytes);
        device.Launch(LinearNaive.BackwardData, (int)shape.Input.Count, gradInput.View, gradOutput.View, weights, shape);
    }

    /// <summary><c>gradWeights = gradOutputᵀ input</c> and <c>gradBias = Σ n gradOutput[n]</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradWeights"><c>[Out, In]</c></param>
    /// <param name="gradBias"><c>[Out]</c></param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardWeights(ComputeDevice device, ArrayView<float> gradWeights, ArrayView<float> gradBias, Tensor gradOutput, Tensor input, in LinearShape shape)
    {
        LinearAlgorithm algorithm = Choose(device);
        if (algorithm == LinearAlgorithm.Convolution)
        {
            ConvolutionOperator.BackwardWeights(device, gradWeights, gradBias, gradOutput, input, shape.AsConvolution);
            return;
        }
        using var timing = device.Timings.Measure("linear backward weights", shape, algorithm, shape.Flops, shape.Bytes);
        device.Launch(LinearNaive.BackwardWeights, (int)shape.Weights.Count, gradWeights, gradOutput.View, input.View, shape);
        device.Launch(LinearNaive.BackwardBias, shape.Out, gradBias, gradOutput.View, shape);
    }

    private static LinearAlgorithm Choose(ComputeDevice device) => device.Forced<LinearAlgorithm>() ?? LinearAlgorithm.Convolution;
}
