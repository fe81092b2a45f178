using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The CPU kernels of the Winograd convolution's backward-weights pass: <c>Gᵀ [Σ tiles (Bᵀ d B) ⊙ (A dy Aᵀ)] G</c>.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <typeparam name="TWinograd">The transforms.</typeparam>
[SkipLocalsInit]
internal static unsafe class WinogradGradientKernels<TVector, TMath, TWinograd>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
    where TWinograd : struct, IWinograd<TVector, TMath>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <summary>Elements in a row of a transformed tile.</summary>
    private static int Points => TWinograd.Outputs + 2;

    /// <summary>Transforms the input under some tiles.</summary>
    public static void TransformInput(Index1D index, ArrayView<float> transformed, ArrayView<float> input, int firstTile, int tiles, ConvolutionShape shape, WinogradGradientGrid grid)
    {
        float* zeros = stackalloc float[shape.C + TMath.Count];
        new Span<float>(zeros, shape.C + TMath.Count).Clear();
        int first = index * WinogradGradientGrid.TilesAnIndex;
        for (int i = first; i < Math.Min(first + WinogradGradientGrid.TilesAnIndex, tiles); i++)
        {
            WinogradKernels<TVector, TMath, TWinograd>.TransformInput(
                transformed.Pointer() + i * grid.InputPitch, grid.InputPlane, input.Pointer(), zeros, firstTile + i, shape, grid.Tiles);
        }
    }

    /// <summary>Transforms the gradient of some tiles of the output.</summary>
    public static void TransformGradient(Index1D index, ArrayView<float> transformed, ArrayView<float> gradOutput, int firstTile, int tiles, ConvolutionShape shape, WinogradGradientGrid grid)
    {
        float* zeros = stackalloc float[shape.K + TMath.Count];
        new Span<float>(zeros, shape.K + TMath.Count).Clear();
        float** pixels = stackalloc float*[16];
        float* half = stackalloc float[WinogradScratch.TileFloats];
        int m = TWinograd.Outputs, plane = grid.GradientPlane;
        int first = index * WinogradGradientGrid.TilesAnIndex;
        for (int tile = first; tile < Math.Min(first + WinogradGradientGrid.TilesAnIndex, tiles); tile++)
        {
            (int n, int row, int column) = grid.Tiles.Tile(firstTile + tile);
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < m; j++)
                {
                    int p = row * m + i, q = column * m + j;
                    pixels[i * m + j] = p < shape.P && q < shape.Q ? gradOutput.Pointer() + (((long)n * shape.P + p) * shape.Q + q) * shape.K : zeros;
                }
            }
            float* destination = transformed.Pointer() + tile * grid.GradientPitch;
            for (int k = 0; k < shape.K; k += TMath.Count)
            {
                for (int j = 0; j < m; j++)
                    TWinograd.GradOutput(half + j * TMath.Count, m * TMath.Count, new Indirect<TVector, TMath>(pixels + j, m, k));
                for (int i = 0; i < Points; i++)
                    TWinograd.GradOutput(destination + (long)i * Points * plane + k, plane, new Strided<TVector, TMath>(half + i * m * TMath.Count, TMath.Count));
            }
        }
    }

    /// <summary>Adds a chunk's share to the sums of one element and a group of output channels: <c>[element, output channel, input channel]</c>.</summary>
    public static void Multiply(Index1D index, ArrayView<float> sums, ArrayView<float> gradient, ArrayView<float> input, int firstTile, int tiles, ConvolutionShape shape, WinogradGradientGrid grid)
    {
        int element = index / grid.RowGroups, firstRow = index % grid.RowGroups * grid.RowsAGroup;
        float* tile = stackalloc float[Rows * Columns];
        float** rows = stackalloc float*[Rows];
        for (int k = firstRow; k < Math.Min(firstRow + grid.RowsAGroup, shape.K); k += Rows)
        {
            for (int i = 0; i < Rows; i++)
                rows[i] = gradient.Pointer() + (long)element * grid.GradientPlane + k + i;
            for (int c = 0; c < shape.C; c += Columns)
            {
                float* vectors = input.Pointer() + (long)element * grid.InputPlane + c;
                RegisterTile<TVector, TMath>.Multiply(tile, rows, &vectors, 1, tiles, grid.GradientPitch, grid.InputPitch);
                int channels = Math.Min(Columns, shape.C - c);
                for (int i = 0; i < Math.Min(Rows, shape.K - k); i++)
                {
                    float* sum = sums.Pointer() + ((long)element * shape.K + k + i) * grid.InputPitch + c;
                    if (firstTile > 0)
                        ConvolutionPacking.Add(sum, tile + i * Columns, channels);
                    else
                        Unsafe.CopyBlockUnaligned(sum, tile + i * Columns, (uint)channels * sizeof(float));
                }
            }
        }
    }

    /// <summary>Transforms the sums of one output channel into its weights' gradient.</summary>
    public static void TransformSums(Index1D k, ArrayView<float> gradWeights, ArrayView<float> sums, ConvolutionShape shape, WinogradGradientGrid grid)
    {
        float* half = stackalloc float[WinogradScratch.TileFloats];
        float* result = stackalloc float[WinogradScratch.TileFloats];
        nint plane = (nint)shape.K * grid.InputPitch;
        for (int c = 0; c < shape.C; c += TMath.Count)
        {
            float* source = sums.Pointer() + (long)k.X * grid.InputPitch + c;
            for (int j = 0; j < Points; j++)
                TWinograd.GradWeights(half + j * TMath.Count, Points * TMath.Count, new Strided<TVector, TMath>(source + j * plane, Points * plane));
            for (int r = 0; r < 3; r++)
                TWinograd.GradWeights(result + r * 3 * TMath.Count, TMath.Count, new Strided<TVector, TMath>(half + r * Points * TMath.Count, TMath.Count));
            float* destination = gradWeights.Pointer() + (long)k.X * 9 * shape.C + c;
            for (int tap = 0; tap < 9; tap++)
                Unsafe.CopyBlockUnaligned(destination + tap * shape.C, result + tap * TMath.Count, (uint)Math.Min(TMath.Count, shape.C - c) * sizeof(float));
        }
    }
}
