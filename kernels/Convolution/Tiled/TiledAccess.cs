namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How global memory is read and written.</summary>
internal interface ITiledAccess
{
    static abstract bool Quads { get; }
}

/// <summary>
/// 16 bytes at a time; channels of input and output must be multiples of 4 and every array 16-byte aligned.
/// </summary>
internal readonly struct QuadAccess : ITiledAccess
{
    public static bool Quads => true;
}

/// <summary>One float at a time: any number of channels.</summary>
internal readonly struct SingleAccess : ITiledAccess
{
    public static bool Quads => false;
}
