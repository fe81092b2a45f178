using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>
/// ResNet's basic block: <c>relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))</c> (He et al. 2015, arXiv:1512.03385).
/// </summary>
/// <remarks>The shortcut is the identity, or a 1x1 convolution with batch norm where the shape changes.</remarks>
public sealed class BasicBlock : Layer
{
    private readonly ConvolutionLayer conv1;
    private readonly BatchNormLayer bn1;
    private readonly ConvolutionLayer conv2;
    private readonly BatchNormLayer bn2;
    private readonly (ConvolutionLayer Convolution, BatchNormLayer Norm)? downsample;

    private ElementType inputType;

    /// <summary>Creates the block.</summary>
    /// <param name="name">torchvision's name, such as <c>layer2.0</c>.</param>
    /// <param name="inChannels">Channels that arrive.</param>
    /// <param name="outChannels">Channels that leave.</param>
    /// <param name="stride">Step of the first convolution.</param>
    public BasicBlock(string name, int inChannels, int outChannels, int stride)
    {
        conv1 = new ConvolutionLayer($"{name}.conv1", inChannels, outChannels, filterSize: 3, stride, padding: 1);
        bn1 = new BatchNormLayer($"{name}.bn1", outChannels, relu: true);
        conv2 = new ConvolutionLayer($"{name}.conv2", outChannels, outChannels, filterSize: 3, stride: 1, padding: 1);
        bn2 = new BatchNormLayer($"{name}.bn2", outChannels, relu: true);
        if (stride > 1 || inChannels != outChannels)
        {
            downsample = (
                new ConvolutionLayer(
                    $"{name}.downsample.0", inChannels, outChannels, filterSize: 1, stride, padding: 0),
                new BatchNormLayer($"{name}.downsample.1", outChannels, relu: false));
        }
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters =>
        [
            .. conv1.Parameters, .. bn1.Parameters, .. conv2.Parameters, .. bn2.Parameters,
            .. downsample?.Convolution.Parameters ?? [], .. downsample?.Norm.Parameters ?? []];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        TensorShape output = conv1.Describe(input, rows);
        bn1.Describe(output, rows);
        conv2.Describe(output, rows);
        bn2.Describe(output, rows);
        downsample?.Convolution.Describe(input, rows);
        downsample?.Norm.Describe(output, rows);
        return output;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        inputType = input.ElementType;
        Tensor shortcut = input.Retain();
        Tensor hidden = bn1.Forward(device, conv1.Forward(device, input, training), training);
        hidden = conv2.Forward(device, hidden, training);
        if (downsample is { } path)
            shortcut = path.Norm.Forward(device, path.Convolution.Forward(device, shortcut, training), training);
        // A block's own input may be of singles, of whatever came before, where its convolutions give bfloat16.
        shortcut = ElementConversion.To(device, hidden.ElementType, shortcut);
        return bn2.Forward(device, hidden, shortcut, training);
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        (Tensor? gradHidden, Tensor? gradShortcut) = bn2.BackwardWithResidual(device, gradOutput);
        if (gradHidden is not null)
            gradHidden = conv2.Backward(device, gradHidden);
        if (gradHidden is not null)
            gradHidden = bn1.Backward(device, gradHidden);
        // The second path adds its part of the input's gradient to the first's. A 1x1 convolution with a stride is the
        // second, for it reaches a quarter of the pixels.
        // The identity's gradient is of bn2's type, the input's of the input's.
        Tensor? gradInput = downsample is null && gradShortcut is not null
            ? ElementConversion.To(device, inputType, gradShortcut)
            : null;
        if (gradHidden is not null)
            gradInput = conv1.Backward(device, gradHidden, gradInput);
        if (downsample is not { } path || gradShortcut is null)
            return gradInput;
        gradShortcut = path.Norm.Backward(device, gradShortcut);
        return gradShortcut is null ? gradInput : path.Convolution.Backward(device, gradShortcut, gradInput);
    }
}
