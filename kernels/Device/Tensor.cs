using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Numbers on a device with a shape, and a count of those who still need them.</summary>
/// <remarks>
/// A layer's <c>Forward</c> and <c>Backward</c> take over the caller's reference to what they are given and hand their
/// result's reference to the caller. Who needs a tensor for longer calls <see cref="Retain"/>; the last
/// <see cref="Release"/> gives its memory back to the <see cref="Arena"/>. A tensor that is not of an arena (a
/// parameter) ignores both, and so does one of a step that threw, from which the arena has taken all back.
/// </remarks>
public sealed class Tensor
{
    private readonly Arena? arena;
    private readonly int abandoned;
    private readonly ArrayView<float> memory;
    private int references = 1;

    /// <summary>A tensor over memory that somebody else owns.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="memory">
    /// Exactly <c>shape.Count</c> floats, half as many of bfloat16, that begin at a multiple of 16 bytes of their
    /// buffer: kernels read four at once.
    /// </param>
    /// <param name="elementType">How its elements lie there; bfloat16 is for NVIDIA GPUs with tensor cores.</param>
    /// <exception cref="ArgumentException">
    /// The memory has another length, or begins elsewhere; or channels of bfloat16 are no multiple of 8.
    /// </exception>
    /// <exception cref="DeviceException">The tensor has more elements than kernels can count.</exception>
    public Tensor(TensorShape shape, ArrayView<float> memory, ElementType elementType = ElementType.Single)
    {
        Sizes.RequireCountable(shape);
        Sizes.RequireChannels(shape, elementType);
        long floats = elementType.Floats(shape.Count);
        if (memory.Length != floats)
            throw new ArgumentException(
                $"A tensor of {shape} of {elementType} takes {floats} floats, not {memory.Length}; give it memory of that length.",
                nameof(memory));
        if (!Quads.AreAligned(memory))
            throw new ArgumentException(
                $"A tensor of {shape} cannot begin within four floats that kernels read at once; let its memory begin at a multiple of 16 bytes.",
                nameof(memory));
        Shape = shape;
        ElementType = elementType;
        this.memory = memory;
    }

    internal Tensor(TensorShape shape, ElementType elementType, Arena arena, long offset)
    {
        Shape = shape;
        ElementType = elementType;
        this.arena = arena;
        abandoned = arena.Abandoned;
        Offset = offset;
    }

    /// <summary>The extents.</summary>
    public TensorShape Shape { get; }

    /// <summary>How the elements lie in memory.</summary>
    public ElementType ElementType { get; }

    /// <summary>Whether two elements lie in each float of <see cref="View"/>.</summary>
    internal bool IsBFloat16 => ElementType == ElementType.BFloat16;

    /// <summary>Whether the backward pass has to come back through this tensor.</summary>
    public bool RequiresGrad { get; set; }

    /// <summary>Whether a ReLU gave this tensor, so that a gradient passes only where it is above 0.</summary>
    public bool IsActivation { get; set; }

    /// <summary>
    /// Of the gradient of an activation: whether it has passed the ReLU already and is 0 where the activation is.
    /// </summary>
    public bool IsMasked { get; set; }

    /// <summary>
    /// Of an activation: whether the layer that gave it holds it for nothing but its ReLU's gradient.
    /// </summary>
    public bool IsHeldForMask { get; private set; }

    /// <summary>Of a convolution's output: its statistics, until batch norm takes them.</summary>
    internal PixelStatistics? Statistics { private get; set; }

    /// <summary>
    /// The elements on the device, of bfloat16 two in the bits of each float; empty while the arena only plans.
    /// </summary>
    public ArrayView<float> View => arena is null ? memory : arena.View(Offset, Floats);

    /// <summary>Floats in whose memory the elements lie.</summary>
    internal long Floats => ElementType.Floats(Shape.Count);

    internal long Offset { get; }

    private bool IsAbandoned => arena is not null && arena.Abandoned != abandoned;

    /// <summary>
    /// Whether others may still need what this tensor holds, so that it must not be written over: it has several users,
    /// or its memory is not the arena's.
    /// </summary>
    public bool IsShared => arena is null || references > 1;

    /// <summary>Says that one more user needs this tensor.</summary>
    /// <returns>This tensor.</returns>
    public Tensor Retain()
    {
        if (!IsAbandoned)
            references++;
        return this;
    }

    /// <summary>As <see cref="Retain"/>, for <see cref="IsHeldForMask"/>.</summary>
    /// <returns>This tensor.</returns>
    public Tensor RetainForMask()
    {
        IsHeldForMask = true;
        return Retain();
    }

    /// <summary>
    /// Says that the gradient of this activation will be masked, so that the layer that gave it needs it no more; without
    /// effect where there is another user, whose gradient will not be.
    /// </summary>
    public void TakeOverMask()
    {
        if (!IsHeldForMask || references > 2)
            return;
        IsHeldForMask = false;
        Release();
    }

    /// <summary>The statistics, which the caller releases; null where there are none.</summary>
    internal PixelStatistics? TakeStatistics()
    {
        PixelStatistics? statistics = Statistics;
        Statistics = null;
        return statistics;
    }

    /// <summary>Forgets the statistics, because they are of what is about to be written over.</summary>
    internal void DropStatistics() => TakeStatistics()?.Moments.Release();

    /// <summary>Says that one user is done with this tensor.</summary>
    /// <exception cref="InvalidOperationException">All users were done with it already.</exception>
    public void Release()
    {
        if (IsAbandoned)
            return;
        if (arena is null)
        {
            DropStatistics();
            return;
        }
        if (references == 0)
            throw new InvalidOperationException(
                $"A tensor of {Shape} is released a second time: a layer releases what it is given, its caller what it returns.");
        if (--references > 0)
            return;
        DropStatistics();
        arena.Return(this);
    }
}
