using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>
/// The linear (fully connected) layer; <see cref="LinearShape"/> has the formula, <see cref="LinearReference"/> the
/// definition.
/// </summary>
/// <remarks>
/// See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html">Linear</see>. Where
/// the convolution computes it, the convolution also measures it, so that no time is counted twice.
/// </remarks>
public static class Linear
{
    // Beyond this many rows the arithmetic costs more than reading the weights, and register tiles do it faster:
    // docs/linear.md has the measurement.
    private const int MaxVectorBatch = 64;

    /// <summary><c>output = input · weightsᵀ + bias</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="bias"><c>[Out]</c>, or empty for none.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias,
        in LinearShape shape)
    {
        Sizes.RequireCountableWeights(shape.Weights);
        Sizes.Require(output, shape.Output);
        Sizes.Require(input, shape.Input);
        weights.Require(device, shape.Weights.Count);
        Sizes.RequireOrEmpty(device, bias, shape.Out);
        LinearAlgorithm algorithm = Choose(device, shape, MaxVectorBatch, output, input);
        if (algorithm == LinearAlgorithm.Convolution)
        {
            Convolution.Convolution.Forward(device, output, input, weights, bias, relu: false, shape.Convolution);
            return;
        }
        using var timing = device.Timings.Measure("linear forward", shape, algorithm, shape.Flops, shape.Bytes);
        output.DropStatistics();
        if (algorithm == LinearAlgorithm.Vector)
        {
            device.Launch(
                LinearVector.Forward, Ceiling.Divide(shape.Out, LinearVector.OutputsPerIndex), output.View, input.View,
                weights.Values, bias, shape);
            return;
        }
        device.Launch(LinearNaive.Forward, (int)shape.Output.Count, output.View, input.View, weights.Values, bias,
            shape);
    }

    /// <summary><c>gradInput = ∂loss/∂input</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput"><c>[N, In]</c></param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, in LinearShape shape)
    {
        Sizes.RequireCountableWeights(shape.Weights);
        Sizes.Require(gradInput, shape.Input);
        Sizes.Require(gradOutput, shape.Output);
        weights.Require(device, shape.Weights.Count);
        LinearAlgorithm algorithm = Choose(device, shape, MaxVectorBatch, gradOutput, gradInput);
        if (algorithm == LinearAlgorithm.Convolution)
        {
            Convolution.Convolution.BackwardData(
                device, gradInput, gradOutput, weights, accumulate: false, activation: null, shape.Convolution);
            return;
        }
        using var timing = device.Timings.Measure("linear backward data", shape, algorithm, shape.Flops, shape.Bytes);
        if (algorithm == LinearAlgorithm.Vector)
        {
            device.Launch(
                LinearVector.BackwardData, Ceiling.Divide(shape.In, LinearVector.InputsPerIndex), gradInput.View,
                gradOutput.View, weights.Values, shape);
            return;
        }
        device.Launch(
            LinearNaive.BackwardData, (int)shape.Input.Count, gradInput.View, gradOutput.View, weights.Values,
            shape);
    }

    /// <summary><c>gradWeights = ∂loss/∂weights</c> and <c>gradBias = ∂loss/∂bias</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradWeights"><c>[Out, In]</c></param>
    /// <param name="gradBias"><c>[Out]</c>, or empty for none.</param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, ArrayView<float> gradBias, Tensor gradOutput, Tensor input,
        in LinearShape shape)
    {
        Sizes.RequireCountableWeights(shape.Weights);
        Sizes.Require(device, gradWeights, shape.Weights.Count);
        Sizes.RequireOrEmpty(device, gradBias, shape.Out);
        Sizes.Require(gradOutput, shape.Output);
        Sizes.Require(input, shape.Input);
        // Register tiles need partial sums as large as the weights, and were slower at every batch size measured:
        // docs/linear.md.
        LinearAlgorithm algorithm = Choose(device, shape, maxVectorBatch: int.MaxValue, gradOutput, input);
        if (algorithm == LinearAlgorithm.Convolution)
        {
            Convolution.Convolution.BackwardWeights(
                device, gradWeights, gradBias, gradOutput, input, shape.Convolution);
            return;
        }
        using var timing = device.Timings.Measure(
            "linear backward weights", shape, algorithm, shape.Flops, shape.Bytes);
        if (algorithm == LinearAlgorithm.Vector)
            device.Launch(
                LinearVector.BackwardWeights, Ceiling.Divide(shape.Out, LinearVector.OutputsPerIndex), gradWeights,
                gradOutput.View, input.View, shape);
        else
            device.Launch(
                LinearNaive.BackwardWeights, (int)shape.Weights.Count, gradWeights, gradOutput.View, input.View, shape);
        if (gradBias.Length > 0)
            device.Launch(LinearNaive.BackwardBias, shape.Out, gradBias, gradOutput.View, shape);
    }

    /// <summary>The one place that chooses.</summary>
    private static LinearAlgorithm Choose(
        ComputeDevice device, in LinearShape shape, int maxVectorBatch, Tensor output, Tensor input)
    {
        // Asked for first, because one that the device cannot run is refused whatever the tensors are.
        LinearAlgorithm? forced = device.Forced<LinearAlgorithm>();
        if (output.IsBFloat16 || input.IsBFloat16)
            return LinearAlgorithm.Convolution;
        if (forced is not null)
            return forced.Value;
        if (Convolution.Convolution.Choose(device, shape.Convolution) == ConvolutionAlgorithm.Naive)
            return LinearAlgorithm.Naive;
        return device.Kind == DeviceKind.Cpu && shape.N <= maxVectorBatch
            ? LinearAlgorithm.Vector
            : LinearAlgorithm.Convolution;
    }
}
