using System.Runtime.CompilerServices;
using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Compares what an operator is given with its shape.</summary>
/// <remarks>
/// Kernels go by the shape: the CPU's read and write by pointers, a GPU's without a check of indices. What is smaller
/// than its shape says would be read and written past its end.
/// </remarks>
internal static class Sizes
{
    /// <summary>Requires every extent of a shape to be 1 or more.</summary>
    /// <remarks>
    /// PyTorch takes batches without images, and gives results without elements and gradients of 0 (the mean of their
    /// losses is NaN). No program here has one, and kernels and their grids divide by the number of pixels.
    /// </remarks>
    /// <exception cref="ArgumentException">An extent is less.</exception>
    public static void RequireElements(in TensorShape shape)
    {
        if (Math.Min(Math.Min(shape.N, shape.H), Math.Min(shape.W, shape.C)) < 1)
            throw new ArgumentException($"A shape of {shape} has no elements; make every extent at least 1.");
    }

    // ILGPU rounds the number of indices up to whole groups of at most 1024 threads, in 32 bits.
    private const int MaxElements = int.MaxValue - 1023;

    /// <summary>Requires a shape to have no more elements than kernels count, 2³¹ - 1024.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="remedy">What makes it smaller.</param>
    /// <exception cref="DeviceException">It has more.</exception>
    public static void RequireCountable(
        in TensorShape shape, string remedy = "use smaller batches or smaller images")
    {
        if (shape.Count > MaxElements)
            throw new DeviceException(
                $"A tensor of {shape} has more elements than a kernel counts, 2³¹ - 1024; {remedy}.");
    }

    /// <summary>A number of elements of working memory, of indices or of groups, as a kernel counts.</summary>
    /// <exception cref="DeviceException">It is more.</exception>
    public static int Countable(long count) => count <= MaxElements
        ? (int)count
        : throw new DeviceException(
            "A step needs more elements at a time than a kernel counts, 2³¹ - 1024; use a smaller batch or smaller images.");

    /// <summary>As <see cref="RequireCountable"/>, of weights, which no tensor holds.</summary>
    /// <exception cref="DeviceException">They are more.</exception>
    public static void RequireCountableWeights(in TensorShape weights) =>
        RequireCountable(weights, "use fewer channels or features");

    /// <summary>Requires channels of bfloat16 to be a multiple of 8.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void RequireChannels(in TensorShape shape, ElementType elementType)
    {
        if (!elementType.Allows(shape))
            throw new ArgumentException(
                $"A tensor of {shape} cannot be of bfloat16, whose channels are a multiple of {ElementTypes.Octet}; make it of singles.",
                nameof(elementType));
    }

    /// <summary>Requires a tensor to be of an element type; null passes.</summary>
    /// <exception cref="ArgumentException">It is of another.</exception>
    public static void RequireType(
        Tensor? tensor, ElementType elementType, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor is not null && tensor.ElementType != elementType)
            throw new ArgumentException(
                $"{name} is of {tensor.ElementType}; give a tensor of {elementType}.", name);
    }

    /// <summary>
    /// Requires a tensor to have a shape, which has elements; null passes. For a matrix <c>[N, C]</c> images do whose
    /// elements are the rows.
    /// </summary>
    /// <exception cref="ArgumentException">It has another, or the shape has no elements.</exception>
    public static void Require(
        Tensor? tensor, in TensorShape shape, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        RequireElements(shape);
        if (tensor is null || tensor.Shape == shape)
            return;
        bool isFlattened =
            shape is { H: 1, W: 1 } && tensor.Shape.N == shape.N && tensor.Shape.Count == shape.Count;
        if (!isFlattened)
            throw new ArgumentException($"{name} is {tensor.Shape}; give it the shape {shape}.", name);
    }

    /// <summary>Requires a view to have so many elements.</summary>
    /// <exception cref="ArgumentException">It has more or fewer.</exception>
    public static void Require<T>(
        ComputeDevice device, ArrayView<T> view, long count, [CallerArgumentExpression(nameof(view))] string name = "")
        where T : unmanaged
    {
        // While the arena plans, what is rented from it has no memory.
        if (view.Length != count && !device.IsPlanning)
            throw new ArgumentException($"{name} has {view.Length} elements; give it {count}.", name);
    }

    /// <summary>As <see cref="Require{T}"/>, of what may be empty.</summary>
    /// <exception cref="ArgumentException">It has more or fewer, and some.</exception>
    public static void RequireOrEmpty<T>(
        ComputeDevice device, ArrayView<T> view, long count, [CallerArgumentExpression(nameof(view))] string name = "")
        where T : unmanaged
    {
        if (view.Length > 0)
            Require(device, view, count, name);
    }
}
