using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Tensors of one element type made tensors of another.</summary>
public static class ElementConversion
{
    /// <summary>
    /// The tensor itself, if it is of the type; else a copy, which requires a gradient where the tensor does, and the
    /// tensor is released.
    /// </summary>
    /// <remarks>
    /// The copy does not say that it is a ReLU's output (<see cref="Tensor.IsActivation"/>): the layer that gave the
    /// tensor then masks the gradient itself.
    /// </remarks>
    /// <param name="device">Where to compute.</param>
    /// <param name="elementType">The type.</param>
    /// <param name="tensor">The tensor; the caller hands over its reference, and gets that of the result.</param>
    /// <exception cref="ArgumentException">Channels of bfloat16 are no multiple of 8.</exception>
    /// <exception cref="DeviceException">It is to be bfloat16, and the device has no tensor cores.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the copy does not fit the arena.
    /// </exception>
    public static Tensor To(ComputeDevice device, ElementType elementType, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.ElementType == elementType)
            return tensor;
        Tensor copy = device.Arena.Rent(tensor.Shape, elementType);
        copy.RequiresGrad = tensor.RequiresGrad;
        device.Launch(
            tensor.IsBFloat16 ? ElementQuad.Widen : ElementQuad.Round, (int)(tensor.Shape.Count / 4), copy.View,
            tensor.View);
        tensor.Release();
        return copy;
    }

    /// <summary>Numbers that are no tensor, such as all weights of a network, as bfloat16.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="rounded">Receives them, two in each float.</param>
    /// <param name="values">A multiple of four numbers.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or begin within four floats.</exception>
    public static void Round(ComputeDevice device, ArrayView<float> rounded, ArrayView<float> values)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (values.Length % 4 != 0)
            throw new ArgumentException(
                $"{values.Length} numbers cannot be rounded four at a time; give a multiple of four.", nameof(values));
        Sizes.Require(device, rounded, ElementType.BFloat16.Floats(values.Length));
        Quads.RequireAligned(rounded, values);
        var shape = TensorShape.Vector((int)values.Length);
        using var timing = device.Timings.Measure(
            "rounding of weights", shape, ElementType.BFloat16, 0,
            (double)values.Length * (ElementType.Single.Size() + ElementType.BFloat16.Size()));
        device.Launch(ElementQuad.Round, shape.C / 4, rounded, values);
    }
}
