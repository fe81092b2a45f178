namespace IlgpuCxr.WeightsImport;

/// <summary>The arithmetic of shapes that come from files, where every product may overflow.</summary>
internal static class ShapeArithmetic
{
    /// <summary>PyTorch's limit. Without one, a small file could hold a shape that is long to walk.</summary>
    public const int MaximumRank = 64;

    /// <summary>Counts elements and bytes; false where that has no answer: a negative extent, a product too large,
    /// packed elements that do not fill their last byte.</summary>
    public static bool TryCount(
        IReadOnlyList<long> shape, TensorDataType dataType, out long elements, out long bytes)
    {
        (elements, bytes) = (0, 0);
        if (shape.Count > MaximumRank || shape.Any(extent => extent < 0))
            return false;

        // Asked first, because [0, huge, huge] has no elements and must not count as an overflow.
        if (shape.Contains(0))
            return true;

        Int128 bits = ElementCodec.BitsPerElement(dataType);
        foreach (long extent in shape)
        {
            bits *= extent;
            if (bits > long.MaxValue)
                return false;
        }
        elements = (long)bits / ElementCodec.BitsPerElement(dataType);
        bytes = (long)bits / 8;
        return bits % 8 == 0;
    }

    public static string Format(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
