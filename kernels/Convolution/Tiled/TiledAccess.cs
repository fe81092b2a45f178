namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How global memory is read and written.</summary>
internal interface ITiledAccess
{
    /// <summary>Whether factors are read 16 bytes at a time, else 4.</summary>
    static abstract bool Quads { get; }

    /// <summary>
    /// Whether factors are bfloat16, two in each float of their views: an operand then counts pairs of channels where
    /// it counted channels.
    /// </summary>
    static abstract bool Pairs { get; }

    /// <summary>Whether tensor cores write two neighbouring columns of a result at once, else each alone.</summary>
    static abstract bool WritesPairs { get; }

    /// <summary>Whether results are bfloat16.</summary>
    static abstract bool WritesBFloat16 { get; }
}

/// <summary>
/// 16 bytes at a time; channels of input and output must be multiples of 4 and every array 16-byte aligned.
/// </summary>
internal readonly struct QuadAccess : ITiledAccess
{
    public static bool Quads => true;

    public static bool Pairs => false;

    public static bool WritesPairs => true;

    public static bool WritesBFloat16 => false;
}

/// <summary>One float at a time: any number of channels.</summary>
internal readonly struct SingleAccess : ITiledAccess
{
    public static bool Quads => false;

    public static bool Pairs => false;

    public static bool WritesPairs => false;

    public static bool WritesBFloat16 => false;
}

/// <summary>From bfloat16, whose channels are multiples of 8, to bfloat16.</summary>
internal readonly struct BFloat16Access : ITiledAccess
{
    public static bool Quads => true;

    public static bool Pairs => true;

    public static bool WritesPairs => true;

    public static bool WritesBFloat16 => true;
}

/// <summary>From bfloat16 to an even number of columns in single precision.</summary>
internal readonly struct BFloat16ToPairs : ITiledAccess
{
    public static bool Quads => true;

    public static bool Pairs => true;

    public static bool WritesPairs => true;

    public static bool WritesBFloat16 => false;
}

/// <summary>From bfloat16 to any number of columns in single precision.</summary>
internal readonly struct BFloat16ToSingles : ITiledAccess
{
    public static bool Quads => true;

    public static bool Pairs => true;

    public static bool WritesPairs => false;

    public static bool WritesBFloat16 => false;
}
