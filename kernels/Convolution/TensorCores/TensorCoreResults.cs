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
        if (plan.Slices > 1)
        {
            StoreShare(PairsOfARow.Of(sums, isLower: false), row, column, partial, plan);
            StoreShare(PairsOfARow.Of(sums, isLower: true), row + 8, column, partial, plan);
        }
        else if (TAccess.WritesBFloat16)
        {
            // Before a lane without a row leaves: its neighbour waits for its values.
            column = BFloat16Results<TColumnExtent>.Column(column);
            StoreRow(
                BFloat16Results<TColumnExtent>.Shuffle(PairsOfARow.Of(sums, isLower: false)), row, column, result,
                plan);
            StoreRow(
                BFloat16Results<TColumnExtent>.Shuffle(PairsOfARow.Of(sums, isLower: true)), row + 8, column, result,
                plan);
        }
        else
        {
            StoreRow(PairsOfARow.Of(sums, isLower: false), row, column, result, plan);
            StoreRow(PairsOfARow.Of(sums, isLower: true), row + 8, column, result, plan);
        }
    }

    /// <summary>A slice's share, which is in single precision, whatever the result.</summary>
    private static void StoreShare(PairsOfARow sums, int row, int column, ArrayView<float> partial, TiledPlan plan)
    {
        if (row >= plan.Rows)
            return;
        var slice = new MatrixResult(partial, plan.Columns, default, relu: false);
        int start = (Grid.IdxY * plan.Rows + row) * plan.Columns;
        TensorCoreResults<TColumnExtent, TAccess, MatrixResult>.WritePairs(slice, start, column, sums, plan.Columns);
    }

    private static void StoreRow(PairsOfARow sums, int row, int column, TResult result, TiledPlan plan)
    {
        if (row >= plan.Rows)
            return;
        int offset = result.Offset(row);
        PairsOfARow addends = default, masks = default;
        if (result.HasAddend)
        {
            int start = result.AddendOffset(offset);
            addends = TAccess.WritesBFloat16 && !TResult.AddsToResult
                ? BFloat16Results<TColumnExtent>.ReadSingles(result.Addend, start, column, plan.Columns)
                : Read(result.Addend, start, column, plan.Columns);
        }
        if (result.HasMask)
            masks = Read(result.Mask, offset, column, plan.Columns);
        Write(
            result, offset, column, PairsOfARow.Finish<TColumnExtent, TResult>(result, sums, addends, masks),
            plan.Columns);
    }

    private static PairsOfARow Read(ArrayView<float> view, int start, int column, int columns)
    {
        if (TAccess.WritesBFloat16)
            return BFloat16Results<TColumnExtent>.Read(view, start, column, columns);
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
        if (TAccess.WritesBFloat16)
            BFloat16Results<TColumnExtent>.Write(result.View, start, column, pairs, columns);
        else
            WritePairs(result, start, column, pairs, columns);
    }

    private static void WritePairs(TResult result, int start, int column, PairsOfARow pairs, int columns)
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
        if (TAccess.WritesNeighbours)
            return view.Cast<Float2>()[(start + Math.Min(column, columns - 2)) >> 1];
        return TiledGemm.LoadPairOrLast(view, start, column, columns);
    }

    private static void WritePair(TResult result, int start, int column, Float2 pair, int columns)
    {
        if (column >= columns)
            return;
        ArrayView<float> view = result.View;
        if (TAccess.WritesNeighbours)
        {
            view.Cast<Float2>()[(start + result.Column(column)) >> 1] = pair;
            return;
        }
        view[start + result.Column(column)] = pair.X;
        if (column + 1 < columns)
            view[start + result.Column(column + 1)] = pair.Y;
    }
}
