namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How global memory is read and written.</summary>
/// <remarks>
/// Factors of bfloat16 (<see cref="ITensorCoreMath"/>) are read by quads only, and <see cref="TiledGemm"/> writes
/// single precision only.
/// </remarks>
internal interface ITiledAccess
{
    /// <summary>Whether factors are read 16 bytes at a time, else 4.</summary>
    static abstract bool ReadsQuads { get; }

    /// <summary>
    /// Whether neighbouring columns of a result are written at once, four of them and on tensor cores two, else one by
    /// one.
    /// </summary>
    static abstract bool WritesNeighbours { get; }

    /// <summary>Whether results are bfloat16.</summary>
    static abstract bool WritesBFloat16 { get; }
}

/// <summary>16 bytes at a time.</summary>
/// <remarks>
/// The factors' channels must be multiples of 4, of bfloat16 of 8; the result's columns multiples of 4, of products of
/// bfloat16 of 2; and every array must begin at a multiple of 16 bytes.
/// </remarks>
internal readonly struct QuadAccess : ITiledAccess
{
    public static bool ReadsQuads => true;

    public static bool WritesNeighbours => true;

    public static bool WritesBFloat16 => false;
}

/// <summary>One float at a time: any number of channels.</summary>
internal readonly struct SingleAccess : ITiledAccess
{
    public static bool ReadsQuads => false;

    public static bool WritesNeighbours => false;

    public static bool WritesBFloat16 => false;
}

/// <summary>
/// Factors 16 bytes at a time, results one by one: of products of bfloat16, singles with an odd number of columns or in
/// memory that does not begin at a multiple of 16 bytes.
/// </summary>
internal readonly struct QuadToSingleAccess : ITiledAccess
{
    public static bool ReadsQuads => true;

    public static bool WritesNeighbours => false;

    public static bool WritesBFloat16 => false;
}

/// <summary>Factors 16 bytes at a time, results of bfloat16, whose channels are multiples of 8.</summary>
internal readonly struct BFloat16Access : ITiledAccess
{
    public static bool ReadsQuads => true;

    public static bool WritesNeighbours => true;

    public static bool WritesBFloat16 => true;
}
