namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// A lane's part of a warp's 16 rows by 64 columns of results. Fields, not an array: every one becomes a register.
/// </summary>
/// <remarks>
/// Of each block of 8 columns lane l has X and Y, columns 2 (l mod 4) and the next of row l / 4, and Z and W, the same
/// of row l / 4 + 8.
/// </remarks>
internal struct WarpColumns64
{
    public Float4 Columns0;
    public Float4 Columns8;
    public Float4 Columns16;
    public Float4 Columns24;
    public Float4 Columns32;
    public Float4 Columns40;
    public Float4 Columns48;
    public Float4 Columns56;
}

/// <summary>The same of 128 columns.</summary>
internal struct WarpColumns128
{
    public WarpColumns64 Columns0;
    public WarpColumns64 Columns64;
}
