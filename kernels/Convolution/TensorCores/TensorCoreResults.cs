using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Writes what a lane holds of a product: two neighbours of every eight columns, in rows eight apart.
/// </summary>
/// <remarks>
/// All that a row's results need from memory is asked for before any of it is used. With a wait for each pair, 64 of
/// them in the largest block tile, writing would take as long as the products of a small filter.
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
        LaneRow upper = LaneRow.Of(sums, isLower: false), lower = LaneRow.Of(sums, isLower: true);
        if (plan.Slices > 1)
        {
            StoreShare(upper, row, column, partial, plan);
            StoreShare(lower, row + 8, column, partial, plan);
        }
        else if (TAccess.WritesBFloat16)
        {
            // Before a lane without a row leaves: its neighbour waits for its values.
            column = BFloat16Results.Column(column);
            StoreRow(Shuffle(upper), row, column, result, plan);
            StoreRow(Shuffle(lower), row + 8, column, result, plan);
        }
        else
        {
            StoreRow(upper, row, column, result, plan);
            StoreRow(lower, row + 8, column, result, plan);
        }
    }

    /// <summary>A slice's share, which is in single precision, whatever the result.</summary>
    private static void StoreShare(LaneRow sums, int row, int column, ArrayView<float> partial, TiledPlan plan)
    {
        if (row >= plan.Rows)
            return;
        var slice = new MatrixResult(partial, plan.Columns, default, relu: false);
        int start = (Grid.IdxY * plan.Rows + row) * plan.Columns;
        TensorCoreResults<TColumnExtent, TAccess, MatrixResult>.Write(
            slice, start, column, sums, plan.Columns, isBFloat16: false);
    }

    private static void StoreRow(LaneRow sums, int row, int column, TResult result, TiledPlan plan)
    {
        if (row >= plan.Rows)
            return;
        int offset = result.Offset(row);
        LaneRow addends = default, masks = default;
        if (result.HasAddend)
            addends = Read(
                result.Addend, result.AddendOffset(offset), column, plan.Columns, isBias: !TResult.AddsToResult);
        if (result.HasMask)
            masks = Read(result.Mask, offset, column, plan.Columns, isBias: false);
        Write(result, offset, column, Finish(result, sums, addends, masks), plan.Columns, TAccess.WritesBFloat16);
    }

    // These go over the fours of a row, of which a small block tile has half; what is done with each is below.

    private static LaneRow Shuffle(LaneRow row)
    {
        row.Columns0 = BFloat16Results.Shuffle(row.Columns0);
        row.Columns16 = BFloat16Results.Shuffle(row.Columns16);
        if (TColumnExtent.Length > 64)
        {
            row.Columns32 = BFloat16Results.Shuffle(row.Columns32);
            row.Columns48 = BFloat16Results.Shuffle(row.Columns48);
        }
        return row;
    }

    private static LaneRow Read(ArrayView<float> view, int start, int column, int columns, bool isBias)
    {
        LaneRow row = default;
        row.Columns0 = ReadFour(view, start, column, columns, isBias);
        row.Columns16 = ReadFour(view, start, column + 16, columns, isBias);
        if (TColumnExtent.Length > 64)
        {
            row.Columns32 = ReadFour(view, start, column + 32, columns, isBias);
            row.Columns48 = ReadFour(view, start, column + 48, columns, isBias);
        }
        return row;
    }

    private static LaneRow Finish(TResult result, LaneRow sums, LaneRow addends, LaneRow masks)
    {
        sums.Columns0 = FinishFour(result, sums.Columns0 + addends.Columns0, masks.Columns0);
        sums.Columns16 = FinishFour(result, sums.Columns16 + addends.Columns16, masks.Columns16);
        if (TColumnExtent.Length > 64)
        {
            sums.Columns32 = FinishFour(result, sums.Columns32 + addends.Columns32, masks.Columns32);
            sums.Columns48 = FinishFour(result, sums.Columns48 + addends.Columns48, masks.Columns48);
        }
        return sums;
    }

    private static void Write(TResult result, int start, int column, LaneRow row, int columns, bool isBFloat16)
    {
        WriteFour(result, start, column, row.Columns0, columns, isBFloat16);
        WriteFour(result, start, column + 16, row.Columns16, columns, isBFloat16);
        if (TColumnExtent.Length > 64)
        {
            WriteFour(result, start, column + 32, row.Columns32, columns, isBFloat16);
            WriteFour(result, start, column + 48, row.Columns48, columns, isBFloat16);
        }
    }

    private static Float4 ReadFour(ArrayView<float> view, int start, int column, int columns, bool isBias)
    {
        if (TAccess.WritesBFloat16)
            return isBias
                ? BFloat16Results.ReadBias(view, start, column, columns)
                : BFloat16Results.Read(view, start, column, columns);
        return Float4.Of(ReadPair(view, start, column, columns), ReadPair(view, start, column + 8, columns));
    }

    // Past the edge the last pair is read and not used: a branch around the read would keep it from starting early.
    private static Float2 ReadPair(ArrayView<float> view, int start, int column, int columns)
    {
        if (TAccess.WritesNeighbours)
            return view.Cast<Float2>()[(start + Math.Min(column, columns - 2)) >> 1];
        return TiledGemm.LoadPairOrLast(view, start, column, columns);
    }

    // By pairs: of four at once the assembler makes up to 150 instructions more for a ReLU's mask.
    private static Float4 FinishFour(TResult result, Float4 sums, Float4 masks) =>
        Float4.Of(result.Finish(sums.First, masks.First), result.Finish(sums.Second, masks.Second));

    private static void WriteFour(TResult result, int start, int column, Float4 four, int columns, bool isBFloat16)
    {
        if (isBFloat16)
        {
            BFloat16Results.Write(result.View, start, column, four, columns);
            return;
        }
        WritePair(result, start, column, four.First, columns);
        WritePair(result, start, column + 8, four.Second, columns);
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
