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

    /// <summary>
    /// X and Y of each block of sums, which are of the upper row, or Z and W, of the one eight below.
    /// </summary>
    public static PairsOfARow Of(WarpColumns64 sums, bool isLower)
    {
        PairsOfARow row;
        row.Columns0 = Pair(sums.Columns0, isLower);
        row.Columns8 = Pair(sums.Columns8, isLower);
        row.Columns16 = Pair(sums.Columns16, isLower);
        row.Columns24 = Pair(sums.Columns24, isLower);
        row.Columns32 = Pair(sums.Columns32, isLower);
        row.Columns40 = Pair(sums.Columns40, isLower);
        row.Columns48 = Pair(sums.Columns48, isLower);
        row.Columns56 = Pair(sums.Columns56, isLower);
        return row;
    }

    /// <summary>What is written for sums.</summary>
    public static PairsOfARow Finish<TColumnExtent, TResult>(
        TResult result, PairsOfARow sums, PairsOfARow addends, PairsOfARow masks)
        where TColumnExtent : struct, ITileExtent
        where TResult : struct, ITiledResult
    {
        sums.Columns0 = result.Finish(sums.Columns0 + addends.Columns0, masks.Columns0);
        sums.Columns8 = result.Finish(sums.Columns8 + addends.Columns8, masks.Columns8);
        sums.Columns16 = result.Finish(sums.Columns16 + addends.Columns16, masks.Columns16);
        sums.Columns24 = result.Finish(sums.Columns24 + addends.Columns24, masks.Columns24);
        if (TColumnExtent.Length > 64)
        {
            sums.Columns32 = result.Finish(sums.Columns32 + addends.Columns32, masks.Columns32);
            sums.Columns40 = result.Finish(sums.Columns40 + addends.Columns40, masks.Columns40);
            sums.Columns48 = result.Finish(sums.Columns48 + addends.Columns48, masks.Columns48);
            sums.Columns56 = result.Finish(sums.Columns56 + addends.Columns56, masks.Columns56);
        }
        return sums;
    }

    private static Float2 Pair(Float4 sums, bool isLower)
    {
        Float2 pair;
        pair.X = isLower ? sums.Z : sums.X;
        pair.Y = isLower ? sums.W : sums.Y;
        return pair;
    }
}
