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
internal static class BFloat16Results
{
    /// <summary>The first of a lane's columns after the shuffle, from that before.</summary>
    public static int Column(int column)
    {
        int lane = Group.IdxX & 3;
        return column + (lane & 1) * 8 + (lane >> 1) * 4 - lane * 2;
    }

    /// <summary>Two pairs of sixteen columns become four neighbours.</summary>
    public static Float4 Shuffle(Float4 pairs)
    {
        bool isOdd = (Group.IdxX & 1) != 0;
        Float2 given = isOdd ? pairs.First : pairs.Second, taken;
        taken.X = Warp.ShuffleXor(given.X, 1);
        taken.Y = Warp.ShuffleXor(given.Y, 1);
        return isOdd ? Float4.Of(taken, pairs.Second) : Float4.Of(pairs.First, taken);
    }

    /// <summary>A tensor's elements where the lane writes.</summary>
    /// <remarks>
    /// Past the edge the last quad is read and not used: a branch around the read would keep it from starting early.
    /// </remarks>
    public static Float4 Read(ArrayView<float> view, int start, int column, int columns) =>
        BFloat16Elements.Read(view, (start + Math.Min(column, columns - 4)) >> 2);

    /// <summary>Those of a bias, which need not begin at a multiple of 16 bytes.</summary>
    public static Float4 ReadBias(ArrayView<float> view, int start, int column, int columns) =>
        TiledGemm.LoadQuadOrLast(view, start, column, columns);

    /// <summary>Writes results.</summary>
    public static void Write(ArrayView<float> view, int start, int column, Float4 results, int columns)
    {
        if (column < columns)
            BFloat16Elements.Write(view, (start + column) >> 2, results);
    }
}
