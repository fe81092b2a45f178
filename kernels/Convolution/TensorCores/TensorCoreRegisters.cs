using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// A lane's part of the results of a warp, 64x64 at most; what a smaller tile does not use costs nothing.
/// </summary>
internal struct TensorCoreSums
{
    public WarpColumns64 Rows0;
    public WarpColumns64 Rows16;
    public WarpColumns64 Rows32;
    public WarpColumns64 Rows48;
}

/// <summary>A lane's part of the results of a warpgroup, 128x128 at most.</summary>
internal struct WarpgroupSums
{
    public WarpColumns128 Rows0;
    public WarpColumns128 Rows64;
}

/// <summary>A lane's part of a warpgroup's 128 rows, a tile deep: two blocks of half of it.</summary>
internal struct WarpgroupRows
{
    public Fragment Rows0;
    public Fragment Rows0Deeper;
    public Fragment Rows64;
    public Fragment Rows64Deeper;
}

/// <summary>A lane's part of 64 columns of one row.</summary>
internal struct PairsOfARow
{
    public Float2 Columns0;
    public Float2 Columns8;
    public Float2 Columns16;
    public Float2 Columns24;
    public Float2 Columns32;
    public Float2 Columns40;
    public Float2 Columns48;
    public Float2 Columns56;
}
