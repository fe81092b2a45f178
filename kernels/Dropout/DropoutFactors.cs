namespace IlgpuCxr.Kernels.Dropout;

/// <summary>
/// What kernels need of a <see cref="DropoutMask"/>, computed once and not once a value, for which a GPU would need
/// double precision.
/// </summary>
/// <param name="mask">The mask.</param>
internal readonly struct DropoutFactors(DropoutMask mask)
{
    /// <inheritdoc cref="DropoutMask.Key"/>
    public ulong Key { get; } = mask.Key;

    /// <inheritdoc cref="DropoutMask.Threshold"/>
    public uint Threshold { get; } = mask.Threshold;

    /// <inheritdoc cref="DropoutMask.Scale"/>
    public float Scale { get; } = mask.Scale;
}
