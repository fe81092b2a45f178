using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Writes what a lane holds of a product: two neighbours of every eight columns, in rows eight apart.
/// </summary>
/// <remarks>
/// All that a row's results need from memory is asked for before any of it is used. With a wait for each pair, 64 of
/// them in the largest tile, writing would take as long as the products of a small filter.
/// </remarks>
internal static class TensorCoreResults<TColumnExtent, TAccess, TResult>
    where TColumnExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TResult : struct, ITiledResult
{
    /// <summary>
    /// A lane's results in two rows: X and Y of each block of sums in the upper one, Z and W in the one eight below.
    /// </summary>
    public static void Store(
        WarpColumns64 sums, int row, int column, TResult result, ArrayView<float> partial, TiledPlan plan)
    {
        StoreRow(Row(sums, isLower: false), row, column, result, partial, plan);
        StoreRow(Row(sums, isLower: true), row + 8, column, result, partial, plan);
    }

    private static void StoreRow(
        PairsOfARow sums, int row, int column, TResult result, ArrayView<float> partial, TiledPlan plan)
    {
        if (row >= plan.Rows)
            return;
        if (plan.Slices > 1)
        {
            // A share is in single precision, whatever the result.
            var slice = new MatrixResult(partial, plan.Columns, default, relu: false);
            int start = (Grid.IdxY * plan.Rows + row) * plan.Columns;
            if (TAccess.WritesBFloat16)
                TensorCoreResults<TColumnExtent, QuadAccess, MatrixResult>.Write(
                    slice, start, column, sums, plan.Columns);
            else
                TensorCoreResults<TColumnExtent, TAccess, MatrixResult>.Write(slice, start, column, sums, plan.Columns);
            return;
        }
        int offset = result.Offset(row);
        PairsOfARow addends = default, masks = default;
        if (result.HasAddend)
        {
            int start = result.AddendOffset(offset);
            // A bias is in single precision, and need not begin at a multiple of 16 bytes.
            addends = TAccess.WritesBFloat16 && !TResult.AddsToResult
                ? TensorCoreResults<TColumnExtent, SingleAccess, TResult>.Read(
                    result.Addend, start, column, plan.Columns)
                : Read(result.Addend, start, column, plan.Columns);
        }
        if (result.HasMask)
            masks = Read(result.Mask, offset, column, plan.Columns);
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
        Write(result, offset, column, sums, plan.Columns);
    }

    private static PairsOfARow Read(ArrayView<float> view, int start, int column, int columns)
    {
        PairsOfARow pairs = default;
        pairs.Columns0 = ReadPair(view, start, column, columns);
        pairs.Columns8 = ReadPair(view, start, column + 8, columns);
        pairs.Columns16 = ReadPair(view, start, column + 16, columns);
        pairs.Columns24 = ReadPair(view, start, column + 24, columns);
        if (TColumnExtent.Length > 64)
        {
            pairs.Columns32 = ReadPair(view, start, column + 32, columns);
            pairs.Columns40 = ReadPair(view, start, column + 40, columns);
            pairs.Columns48 = ReadPair(view, start, column + 48, columns);
            pairs.Columns56 = ReadPair(view, start, column + 56, columns);
        }
        return pairs;
    }

    private static void Write(TResult result, int start, int column, PairsOfARow pairs, int columns)
    {
        WritePair(result, start, column, pairs.Columns0, columns);
        WritePair(result, start, column + 8, pairs.Columns8, columns);
        WritePair(result, start, column + 16, pairs.Columns16, columns);
        WritePair(result, start, column + 24, pairs.Columns24, columns);
        if (TColumnExtent.Length > 64)
        {
            WritePair(result, start, column + 32, pairs.Columns32, columns);
            WritePair(result, start, column + 40, pairs.Columns40, columns);
            WritePair(result, start, column + 48, pairs.Columns48, columns);
            WritePair(result, start, column + 56, pairs.Columns56, columns);
        }
    }

    // Past the edge the last pair is read and not used: a branch around the read would keep it from starting early.
    private static Float2 ReadPair(ArrayView<float> view, int start, int column, int columns)
    {
        int at = (start + Math.Min(column, columns - 2)) >> 1;
        if (TAccess.WritesBFloat16)
            return BFloat16.Pair(view[at]);
        if (TAccess.WritesNeighbours)
            return view.Cast<Float2>()[at];
        Float2 pair;
        pair.X = TiledGemm.LoadOrLast(view, start, column, columns);
        pair.Y = TiledGemm.LoadOrLast(view, start, column + 1, columns);
        return pair;
    }

    private static void WritePair(TResult result, int start, int column, Float2 pair, int columns)
    {
        if (column >= columns)
            return;
        ArrayView<float> view = result.View;
        if (TAccess.WritesBFloat16)
        {
            view[(start + result.Column(column)) >> 1] = BFloat16.Word(pair);
            return;
        }
        if (TAccess.WritesNeighbours)
        {
            view.Cast<Float2>()[(start + result.Column(column)) >> 1] = pair;
            return;
        }
        view[start + result.Column(column)] = pair.X;
        if (column + 1 < columns)
            view[start + result.Column(column + 1)] = pair.Y;
    }

    private static PairsOfARow Row(WarpColumns64 sums, bool isLower)
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

    private static Float2 Pair(Float4 sums, bool isLower)
    {
        Float2 pair;
        pair.X = isLower ? sums.Z : sums.X;
        pair.Y = isLower ? sums.W : sums.Y;
        return pair;
    }
}
