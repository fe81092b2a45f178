using System.Runtime.CompilerServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The inner loop of all fast CPU convolutions: a block of sums that stays in registers.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations and the tile's height.</typeparam>
/// <remarks>
/// <code>
/// tile[row, column] = Σ segment, i   rows[segment, row][i · step] · vectors[segment][i · pitch + column]
/// </code>
/// Each loaded pair of vectors meets <c>TileRows</c> broadcast scalars, so that a multiply-add needs 0.57 loads
/// with 14 rows: the arithmetic units, not the loads, set the pace. The rows are addressed by pointers, an
/// "indirect convolution" (Dukhan 2019, arXiv:1907.02129): a row may be any pixel of any image, or a run of zeros for
/// the padding. So a tile goes on from one row of pixels and one image to the next, and only the batch's last tile may
/// be partly empty; and the forward pass and backward-data copy nothing into a matrix.
/// </remarks>
internal static unsafe class RegisterTile<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    /// <summary>Rows of the tile.</summary>
    public static int Rows => TMath.TileRows;

    /// <summary>Columns of the tile: two vectors.</summary>
    public static int Columns => 2 * TMath.Count;

    /// <summary>Computes a tile.</summary>
    /// <param name="tile"><c>[Rows, Columns]</c></param>
    /// <param name="rows">
    /// <c>[segments, Rows]</c> pointers, each to <paramref name="run"/> floats, <paramref name="step"/> apart.
    /// </param>
    /// <param name="vectors">
    /// <c>[segments]</c> pointers, each to <paramref name="run"/> lines of <see cref="Columns"/> floats.
    /// </param>
    /// <param name="segments">Number of segments.</param>
    /// <param name="run">Length of a segment.</param>
    /// <param name="step">Floats from one element of a row to the next.</param>
    /// <param name="pitch">Floats from one line of vectors to the next.</param>
    /// <param name="accumulate">Whether to add to what the tile holds.</param>
    /// <remarks>
    /// Unrolled by hand: what has a name stays in a register. Rows beyond a width's tile height are compiled away.
    /// Optimized when first called: .NET's first, unoptimized code of it took a third of a short training, and stayed
    /// for as long as other methods were being compiled.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* tile, float** rows, float** vectors, int segments, int run, nint step, nint pitch,
        bool accumulate = false)
    {
        TVector a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default;
        TVector a7 = default, a8 = default, a9 = default, a10 = default, a11 = default, a12 = default, a13 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default;
        TVector b7 = default, b8 = default, b9 = default, b10 = default, b11 = default, b12 = default, b13 = default;

        if (accumulate)
        {
            Load(tile, 0, ref a0, ref b0);
            Load(tile, 1, ref a1, ref b1);
            Load(tile, 2, ref a2, ref b2);
            Load(tile, 3, ref a3, ref b3);
            Load(tile, 4, ref a4, ref b4);
            Load(tile, 5, ref a5, ref b5);
            if (TMath.TileRows > 6)
            {
                Load(tile, 6, ref a6, ref b6);
                Load(tile, 7, ref a7, ref b7);
                Load(tile, 8, ref a8, ref b8);
                Load(tile, 9, ref a9, ref b9);
                Load(tile, 10, ref a10, ref b10);
                Load(tile, 11, ref a11, ref b11);
                Load(tile, 12, ref a12, ref b12);
                Load(tile, 13, ref a13, ref b13);
            }
        }

        for (int segment = 0; segment < segments; segment++, rows += TMath.TileRows)
        {
            float* vector = vectors[segment];
            float* x0 = rows[0], x1 = rows[1], x2 = rows[2], x3 = rows[3], x4 = rows[4], x5 = rows[5];
            float* x6 = null, x7 = null, x8 = null, x9 = null, x10 = null, x11 = null, x12 = null, x13 = null;
            if (TMath.TileRows > 6)
            {
                x6 = rows[6];
                x7 = rows[7];
                x8 = rows[8];
                x9 = rows[9];
                x10 = rows[10];
                x11 = rows[11];
                x12 = rows[12];
                x13 = rows[13];
            }

            for (nint i = 0, end = run * step; i < end; i += step, vector += pitch)
            {
                TVector a = TMath.Load(vector), b = TMath.Load(vector + TMath.Count);
                Step(x0 + i, a, b, ref a0, ref b0);
                Step(x1 + i, a, b, ref a1, ref b1);
                Step(x2 + i, a, b, ref a2, ref b2);
                Step(x3 + i, a, b, ref a3, ref b3);
                Step(x4 + i, a, b, ref a4, ref b4);
                Step(x5 + i, a, b, ref a5, ref b5);
                if (TMath.TileRows > 6)
                {
                    Step(x6 + i, a, b, ref a6, ref b6);
                    Step(x7 + i, a, b, ref a7, ref b7);
                    Step(x8 + i, a, b, ref a8, ref b8);
                    Step(x9 + i, a, b, ref a9, ref b9);
                    Step(x10 + i, a, b, ref a10, ref b10);
                    Step(x11 + i, a, b, ref a11, ref b11);
                    Step(x12 + i, a, b, ref a12, ref b12);
                    Step(x13 + i, a, b, ref a13, ref b13);
                }
            }
        }

        tile = Store(tile, a0, b0);
        tile = Store(tile, a1, b1);
        tile = Store(tile, a2, b2);
        tile = Store(tile, a3, b3);
        tile = Store(tile, a4, b4);
        tile = Store(tile, a5, b5);
        if (TMath.TileRows > 6)
        {
            tile = Store(tile, a6, b6);
            tile = Store(tile, a7, b7);
            tile = Store(tile, a8, b8);
            tile = Store(tile, a9, b9);
            tile = Store(tile, a10, b10);
            tile = Store(tile, a11, b11);
            tile = Store(tile, a12, b12);
            Store(tile, a13, b13);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* x, TVector a, TVector b, ref TVector sumA, ref TVector sumB)
    {
        TVector broadcast = TMath.Broadcast(x);
        sumA = TMath.MultiplyAdd(broadcast, a, sumA);
        sumB = TMath.MultiplyAdd(broadcast, b, sumB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* tile, int row, ref TVector a, ref TVector b)
    {
        a = TMath.Load(tile + row * 2 * TMath.Count);
        b = TMath.Load(tile + row * 2 * TMath.Count + TMath.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Store(float* tile, TVector a, TVector b)
    {
        TMath.Store(a, tile);
        TMath.Store(b, tile + TMath.Count);
        return tile + 2 * TMath.Count;
    }
}
