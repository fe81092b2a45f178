using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// How <see cref="TensorCoreResults{TColumnExtent, TAccess, TResult}"/> reads and writes bfloat16: four neighbours of
/// every sixteen columns.
/// </summary>
/// <remarks>
/// A lane's two neighbours of eight columns are 4 bytes, and those of four lanes half of a sector of memory. So two
/// lanes shuffle, each giving one of two pairs for one of the other's, and read and write 8 bytes:
/// <code>
///                      columns 0-7            columns 8-15
/// before   lane        0  0  1  1  2  2  3  3    0  0  1  1  2  2  3  3
/// after                0  0  0  0  2  2  2  2    1  1  1  1  3  3  3  3
/// </code>
/// </remarks>
internal static class BFloat16Results<TColumnExtent>
    where TColumnExtent : struct, ITileExtent
{
    /// <summary>The first of a lane's columns after the shuffle, from that before.</summary>
    public static int Column(int column)
    {
        int lane = Group.IdxX & 3;
        return column + (lane & 1) * 8 + (lane >> 1) * 4 - lane * 2;
    }

    /// <summary>Shuffles pairs between lanes; of sixteen columns the second then follows the first.</summary>
    public static PairsOfARow Shuffle(PairsOfARow pairs)
    {
        Shuffle(ref pairs.Columns0, ref pairs.Columns8);
        Shuffle(ref pairs.Columns16, ref pairs.Columns24);
        if (TColumnExtent.Length > 64)
        {
            Shuffle(ref pairs.Columns32, ref pairs.Columns40);
            Shuffle(ref pairs.Columns48, ref pairs.Columns56);
        }
        return pairs;
    }

    private static void Shuffle(ref Float2 first, ref Float2 second)
    {
        bool isOdd = (Group.IdxX & 1) != 0;
        Float2 given = isOdd ? first : second, taken;
        taken.X = Warp.ShuffleXor(given.X, 1);
        taken.Y = Warp.ShuffleXor(given.Y, 1);
        first = isOdd ? taken : first;
        second = isOdd ? second : taken;
    }

    /// <summary>A tensor's elements where the lane writes.</summary>
    public static PairsOfARow Read(ArrayView<float> view, int start, int column, int columns)
    {
        PairsOfARow pairs = default;
        ReadQuad(view, start, column, columns, out pairs.Columns0, out pairs.Columns8);
        ReadQuad(view, start, column + 16, columns, out pairs.Columns16, out pairs.Columns24);
        if (TColumnExtent.Length > 64)
        {
            ReadQuad(view, start, column + 32, columns, out pairs.Columns32, out pairs.Columns40);
            ReadQuad(view, start, column + 48, columns, out pairs.Columns48, out pairs.Columns56);
        }
        return pairs;
    }

    /// <summary>A bias, which need not begin at a multiple of 16 bytes.</summary>
    public static PairsOfARow ReadSingles(ArrayView<float> view, int start, int column, int columns)
    {
        PairsOfARow pairs = default;
        pairs.Columns0 = TiledGemm.LoadPairOrLast(view, start, column, columns);
        pairs.Columns8 = TiledGemm.LoadPairOrLast(view, start, column + 2, columns);
        pairs.Columns16 = TiledGemm.LoadPairOrLast(view, start, column + 16, columns);
        pairs.Columns24 = TiledGemm.LoadPairOrLast(view, start, column + 18, columns);
        if (TColumnExtent.Length > 64)
        {
            pairs.Columns32 = TiledGemm.LoadPairOrLast(view, start, column + 32, columns);
            pairs.Columns40 = TiledGemm.LoadPairOrLast(view, start, column + 34, columns);
            pairs.Columns48 = TiledGemm.LoadPairOrLast(view, start, column + 48, columns);
            pairs.Columns56 = TiledGemm.LoadPairOrLast(view, start, column + 50, columns);
        }
        return pairs;
    }

    /// <summary>Writes results.</summary>
    public static void Write(ArrayView<float> view, int start, int column, PairsOfARow pairs, int columns)
    {
        WriteQuad(view, start, column, pairs.Columns0, pairs.Columns8, columns);
        WriteQuad(view, start, column + 16, pairs.Columns16, pairs.Columns24, columns);
        if (TColumnExtent.Length > 64)
        {
            WriteQuad(view, start, column + 32, pairs.Columns32, pairs.Columns40, columns);
            WriteQuad(view, start, column + 48, pairs.Columns48, pairs.Columns56, columns);
        }
    }

    // Past the edge the last quad is read and not used: a branch around the read would keep it from starting early.
    private static void ReadQuad(
        ArrayView<float> view, int start, int column, int columns, out Float2 first, out Float2 second)
    {
        Float2 words = view.Cast<Float2>()[(start + Math.Min(column, columns - 4)) >> 2];
        first = BFloat16.Pair(words.X);
        second = BFloat16.Pair(words.Y);
    }

    private static void WriteQuad(
        ArrayView<float> view, int start, int column, Float2 first, Float2 second, int columns)
    {
        if (column >= columns)
            return;
        Float2 words;
        words.X = BFloat16.Word(first);
        words.Y = BFloat16.Word(second);
        view.Cast<Float2>()[(start + column) >> 2] = words;
    }
}
