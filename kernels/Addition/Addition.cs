using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Addition;

/// <summary>The sum of two tensors, where two paths of a network join or two gradients meet.</summary>
/// <remarks>
/// Its backward pass is the identity, to both sides: <c>∂loss/∂a = ∂loss/∂b = gradOutput</c>. There is nothing to
/// compute, so there is no kernel: both paths take the same tensor.
/// </remarks>
public static class Addition
{
    /// <summary><c>output = a + b</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">Any shape; may be <paramref name="a"/> or <paramref name="b"/>.</param>
    /// <param name="a">As many elements, of the same type.</param>
    /// <param name="b">As many elements, of the same type.</param>
    /// <exception cref="ArgumentException">The tensors have different sizes or element types.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(ComputeDevice device, Tensor output, Tensor a, Tensor b)
    {
        Sizes.Require(a, output.Shape);
        Sizes.Require(b, output.Shape);
        Sizes.RequireType(a, output.ElementType);
        Sizes.RequireType(b, output.ElementType);
        long count = output.Shape.Count;
        AdditionAlgorithm algorithm = Choose(device, output);
        using var timing = device.Timings.Measure(
            "addition", output.Shape, algorithm, count, 3.0 * output.ElementType.Size() * count);
        output.DropStatistics();
        if (algorithm == AdditionAlgorithm.Vector)
            device.Launch(AdditionVector.Forward, CpuMemory.Chunks(count), output.View, a.View, b.View);
        else if (algorithm == AdditionAlgorithm.Quad)
            device.Launch(
                output.IsBFloat16 ? AdditionQuad.Forward<BFloat16Elements> : AdditionQuad.Forward<SingleElements>,
                (int)(count / 4), output.View, a.View, b.View);
        else
            device.Launch(AdditionNaive.Forward, (int)count, output.View, a.View, b.View);
    }

    /// <summary>The one place that chooses.</summary>
    private static AdditionAlgorithm Choose(ComputeDevice device, Tensor tensor)
    {
        AdditionAlgorithm algorithm = device.Forced<AdditionAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu ? AdditionAlgorithm.Vector : AdditionAlgorithm.Quad);
        return tensor.IsBFloat16 ? AdditionAlgorithm.Quad
            : algorithm == AdditionAlgorithm.Quad && !Quads.Allows(tensor.Shape.Count) ? AdditionAlgorithm.Naive
            : algorithm;
    }
}
