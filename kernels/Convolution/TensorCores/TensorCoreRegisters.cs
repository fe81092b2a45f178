using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// A lane's part of the results of a warp, 64x64 at most; what a smaller block tile does not use costs nothing.
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

/// <summary>A lane's part of a warpgroup's 128 rows of a stage: two blocks of half its depth.</summary>
internal struct WarpgroupRows
{
    public Fragment Rows0;
    public Fragment Rows0Deeper;
    public Fragment Rows64;
    public Fragment Rows64Deeper;
}

/// <summary>A lane's part of 64 columns of one row: four of every sixteen.</summary>
/// <remarks>
/// X and Y are neighbours, and so are Z and W: eight columns on, or of bfloat16, when it is shuffled
/// (<see cref="BFloat16Results"/>), the next two.
/// </remarks>
internal struct LaneRow
{
    public Float4 Columns0;
    public Float4 Columns16;
    public Float4 Columns32;
    public Float4 Columns48;

    /// <summary>
    /// X and Y of each block of sums, which are of the upper row, or Z and W, of the one eight below.
    /// </summary>
    public static LaneRow Of(WarpColumns64 sums, bool isLower)
    {
        LaneRow row;
        row.Columns0 = Pairs(sums.Columns0, sums.Columns8, isLower);
        row.Columns16 = Pairs(sums.Columns16, sums.Columns24, isLower);
        row.Columns32 = Pairs(sums.Columns32, sums.Columns40, isLower);
        row.Columns48 = Pairs(sums.Columns48, sums.Columns56, isLower);
        return row;
    }

    private static Float4 Pairs(Float4 first, Float4 second, bool isLower)
    {
        Float4 pairs;
        pairs.X = isLower ? first.Z : first.X;
        pairs.Y = isLower ? first.W : first.Y;
        pairs.Z = isLower ? second.Z : second.X;
        pairs.W = isLower ? second.W : second.Y;
        return pairs;
    }
}
