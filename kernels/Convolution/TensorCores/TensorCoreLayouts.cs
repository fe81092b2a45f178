using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

// An operand's part of a stage keeps the order of global memory, so that whole quads of 16 bytes are copied past the
// registers. That makes three layouts, one below the other here, each with the same members:
//
//   Quad       where a quad lies, in bytes
//   Fragment   where a lane begins to read the first fragment of its warp
//   Load       a lane's part of a fragment, a block of 16 outer indices and a depth of 8, of bfloat16 16
//
// Each is swizzled, so that what is read at once falls on all 32 banks: with ldmatrix eight rows of one quad.

/// <summary>
/// Where neighbours in memory are neighbours in depth: <c>[outer][depth]</c>, 64 bytes a row, quad q of row o at
/// <see cref="Swizzle"/>'s place.
/// </summary>
internal static class AlongDepthLayout
{
    /// <summary>Quads of a row.</summary>
    public const int RowQuads = TensorCoreGemm.RowBytes / TensorCoreGemm.QuadBytes;

    /// <summary>The offset of a quad.</summary>
    /// <param name="row">The outer index.</param>
    /// <param name="quad">The quad of the depth.</param>
    public static uint Quad(int row, int quad) =>
        (uint)(row * RowQuads + Swizzle.Place(row, quad)) * TensorCoreGemm.QuadBytes;

    /// <summary>The offset of the row that a lane names to <c>ldmatrix</c>.</summary>
    /// <param name="warpStart">The first outer index of the warp.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="outerHalf">Which eight outer indices of a block it names one of.</param>
    /// <param name="depthHalf">And which half of the depth.</param>
    public static uint Fragment(int warpStart, int lane, int outerHalf, int depthHalf) =>
        Quad(warpStart + outerHalf * 8 + (lane & 7), depthHalf);

    /// <summary>A block of the stage at an address.</summary>
    public static Fragment Load(uint address, uint fragment, int outerBlock, int depthBlock) =>
        TensorCore.LoadMatrices(
            address + (fragment ^ (uint)depthBlock * 2 * TensorCoreGemm.QuadBytes)
            + (uint)(outerBlock * 16 * RowQuads * TensorCoreGemm.QuadBytes));
}

/// <summary>
/// Where neighbours of bfloat16 in memory are outer indices: <c>[depth][outer]</c>, 64 or 128 elements a row, quad q of
/// row d at place <c>q ^ Spread(d)</c>. It is read transposed.
/// </summary>
internal static class AlongOuterBf16Layout<TExtent>
    where TExtent : struct, ITileExtent
{
    /// <summary>Elements of a quad.</summary>
    public const int QuadLength = 8;

    private static int RowQuads => TExtent.Length / QuadLength;

    /// <summary>The offset of a quad.</summary>
    /// <param name="row">The depth.</param>
    /// <param name="quad">The quad of the outer indices.</param>
    public static uint Quad(int row, int quad) =>
        (uint)(row * RowQuads + (quad ^ Spread(row))) * TensorCoreGemm.QuadBytes;

    /// <inheritdoc cref="AlongDepthLayout.Fragment"/>
    public static uint Fragment(int warpStart, int lane, int outerHalf, int depthHalf) =>
        Quad(depthHalf * 8 + (lane & 7), (warpStart >> 3) + outerHalf);

    /// <summary>A block of the stage at an address.</summary>
    public static Fragment Load(uint address, uint fragment, int outerBlock, int depthBlock) =>
        TensorCore.LoadMatricesTransposed(
            address + (fragment ^ (uint)((outerBlock & 3) * 2 * TensorCoreGemm.QuadBytes))
            + (uint)(((outerBlock >> 2) * 8 + depthBlock * 16 * RowQuads) * TensorCoreGemm.QuadBytes));

    /// <summary>Another number below 8 for each of eight depths that follow each other.</summary>
    /// <remarks>
    /// Two that follow each other differ in the upper bit, so that what eight lanes copy, four quads of two depths,
    /// falls on all banks too.
    /// </remarks>
    private static int Spread(int depth) => (depth & 1) << 2 | depth >> 1 & 3;
}

/// <summary>
/// Where neighbouring singles in memory are outer indices: <c>[depth][outer]</c>, 64 or 128 singles a row, quad q of
/// row d at place <c>q ^ 2 (d mod 4)</c>.
/// </summary>
/// <remarks>
/// <c>ldmatrix</c> transposes elements of 16 bits only, so each single is read alone: 32 lanes read four rows of two
/// quads at once.
/// </remarks>
internal static class AlongOuterTf32Layout<TExtent>
    where TExtent : struct, ITileExtent
{
    /// <summary>Singles of a quad.</summary>
    public const int QuadLength = 4;

    private static int RowQuads => TExtent.Length / QuadLength;

    /// <inheritdoc cref="AlongOuterBf16Layout{TExtent}.Quad"/>
    public static uint Quad(int row, int quad) =>
        (uint)(row * RowQuads + (quad ^ (row & 3) * 2)) * TensorCoreGemm.QuadBytes;

    /// <summary>The offset of the lane's single: of depth lane mod 4 and outer index lane / 4.</summary>
    /// <param name="warpStart">The first outer index of the warp.</param>
    /// <param name="lane">The lane.</param>
    public static uint Fragment(int warpStart, int lane)
    {
        int outer = lane >> 2, depth = lane & 3;
        return Quad(depth, (warpStart + outer) >> 2) + (uint)((outer & 3) * sizeof(float));
    }

    /// <summary>A block of the stage at an address.</summary>
    /// <remarks>
    /// Quad q lies at place q ^ 2t, t below four, so that only bits 1 and 2 of its number are flipped. Bit 1 tells the
    /// last eight of 16 outer indices from the first, bit 2 an odd block from an even one: both are set by exclusive
    /// or. From 32 outer indices to the next it is an addition.
    /// </remarks>
    public static Fragment Load(uint address, uint fragment, int outerBlock, int depthBlock)
    {
        uint top = fragment ^ (uint)((outerBlock & 1) * 4 * TensorCoreGemm.QuadBytes);
        uint bottom = top ^ 2 * TensorCoreGemm.QuadBytes;
        uint first = address + (uint)((depthBlock * 8 * RowQuads + (outerBlock >> 1) * 8) * TensorCoreGemm.QuadBytes);
        uint second = first + (uint)(4 * RowQuads * TensorCoreGemm.QuadBytes);
        Fragment block;
        block.X = TensorCore.LoadShared(first + top);
        block.Y = TensorCore.LoadShared(first + bottom);
        block.Z = TensorCore.LoadShared(second + top);
        block.W = TensorCore.LoadShared(second + bottom);
        return block;
    }
}
