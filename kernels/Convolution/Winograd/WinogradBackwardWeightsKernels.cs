using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The CPU kernels of the Winograd convolution's backward-weights pass: <c>Gᵀ [Σ tiles (Bᵀ d B) ⊙ (A dy Aᵀ)] G</c>.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <typeparam name="TWinograd">The transforms.</typeparam>
[SkipLocalsInit]
internal static unsafe class WinogradBackwardWeightsKernels<TVector, TMath, TWinograd>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
    where TWinograd : struct, IWinograd<TVector, TMath>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    private static int RegisterTileFloats => Rows * Columns;

    /// <summary>Elements in a row of a transformed tile.</summary>
    private static int Points => TWinograd.Outputs + 2;

    /// <summary>Transforms the input under some tiles.</summary>
    public static void TransformInput(
        Index1D index, ArrayView<float> transformed, ArrayView<float> input, int firstTile, int tiles,
        ConvolutionShape shape, WinogradBackwardWeightsGrid grid)
    {
        float* zeros = stackalloc float[shape.C + TMath.Count];
        new Span<float>(zeros, shape.C + TMath.Count).Clear();
        int first = index * WinogradBackwardWeightsGrid.TilesPerIndex;
        for (int i = first; i < Math.Min(first + WinogradBackwardWeightsGrid.TilesPerIndex, tiles); i++)
        {
            WinogradKernels<TVector, TMath, TWinograd>.TransformInput(
                transformed.Pointer() + i * Columns, grid.InputPlane, grid.PanelPitch, input.Pointer(), zeros,
                firstTile + i, shape, grid.Tiling);
        }
    }

    /// <summary>Transforms the output's gradient at some tiles.</summary>
    public static void TransformGradOutput(
        Index1D index, ArrayView<float> transformed, ArrayView<float> gradOutput, int firstTile, int tiles,
        ConvolutionShape shape, WinogradBackwardWeightsGrid grid)
    {
        float* zeros = stackalloc float[shape.K + TMath.Count];
        new Span<float>(zeros, shape.K + TMath.Count).Clear();
        float** pixels = stackalloc float*[16];
        float* half = stackalloc float[WinogradScratch.TransformFloats];
        int m = TWinograd.Outputs, plane = grid.GradOutputPlane;
        int first = index * WinogradBackwardWeightsGrid.TilesPerIndex;
        for (int tile = first; tile < Math.Min(first + WinogradBackwardWeightsGrid.TilesPerIndex, tiles); tile++)
        {
            (int n, int row, int column) = grid.Tiling.Tile(firstTile + tile);
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < m; j++)
                {
                    int p = row * m + i, q = column * m + j;
                    pixels[i * m + j] = p < shape.P && q < shape.Q
                        ? gradOutput.Pointer() + (((long)n * shape.P + p) * shape.Q + q) * shape.K
                        : zeros;
                }
            }
            float* destination = transformed.Pointer() + tile * Columns;
            for (int panel = 0; panel < shape.K; panel += Columns, destination += grid.PanelPitch)
            {
                int end = Math.Min(panel + Columns, shape.K);
                WinogradKernels<TVector, TMath, TWinograd>.PrefetchNext(pixels, 1, m * m, m * shape.K, panel, end);
                for (int k = panel; k < end; k += TMath.Count)
                {
                    for (int j = 0; j < m; j++)
                        TWinograd.GradOutput(
                            half + j * TMath.Count, m * TMath.Count, new Indirect<TVector, TMath>(pixels + j, m, k));
                    for (int i = 0; i < Points; i++)
                        TWinograd.GradOutput(
                            destination + (long)i * Points * plane + k - panel, plane,
                            new Strided<TVector, TMath>(half + i * m * TMath.Count, TMath.Count));
                }
            }
        }
    }

    /// <summary>Adds a chunk's share to one element of a block's sums.</summary>
    public static void MultiplyElement(
        Index1D index, ArrayView<float> sums, ArrayView<float> gradOutput, ArrayView<float> input, int firstTile,
        int tiles, WinogradBackwardWeightsGrid grid)
    {
        int block = index % grid.Blocks, element = index / grid.Blocks;
        float* blockSums =
            sums.Pointer() + TaskCounter.Floats
            + ((long)block * Points * Points + element) * grid.BlockPlane(RegisterTileFloats);
        Multiply(blockSums, gradOutput.Pointer(), input.Pointer(), element, block, firstTile, tiles, grid);
    }

    /// <summary>
    /// Transforms the sums of some output channels, those of one register tile, into their weights' gradient.
    /// </summary>
    public static void TransformSums(
        Index1D rowTile, ArrayView<float> gradWeights, ArrayView<float> sums, ConvolutionShape shape,
        WinogradBackwardWeightsGrid grid)
    {
        int block = rowTile / grid.RowTilesPerBlock;
        float* blockSums =
            sums.Pointer() + TaskCounter.Floats + (long)block * Points * Points * grid.BlockPlane(RegisterTileFloats);
        TransformSums(gradWeights.Pointer(), blockSums, block, rowTile % grid.RowTilesPerBlock, shape, grid);
    }

    /// <summary>
    /// Takes blocks until there are none left: adds a chunk's share to their sums, and after the last chunk transforms
    /// these.
    /// </summary>
    public static void MultiplyBlocks(
        Index1D thread, ArrayView<float> gradWeights, ArrayView<float> sums, ArrayView<float> gradOutput,
        ArrayView<float> input, int firstTile, int tiles, ConvolutionShape shape, WinogradBackwardWeightsGrid grid)
    {
        int plane = grid.BlockPlane(RegisterTileFloats), elements = Points * Points;
        bool isLastChunk = firstTile + tiles == grid.Tiling.Tiles;
        for (int block = TaskCounter.Next(sums); block < grid.Blocks; block = TaskCounter.Next(sums))
        {
            // Sums that no other chunk adds to may lie where those of the thread's last block lay, in its cache.
            float* blockSums = sums.Pointer() + TaskCounter.Floats + (long)(grid.Chunks == 1 ? thread : block)
                * elements * plane;
            for (int element = 0; element < elements; element++)
                Multiply(
                    blockSums + element * plane, gradOutput.Pointer(), input.Pointer(), element, block, firstTile,
                    tiles, grid);
            if (isLastChunk)
            {
                for (int rowTile = 0; rowTile < grid.Block(block).RowTileCount; rowTile++)
                    TransformSums(gradWeights.Pointer(), blockSums, block, rowTile, shape, grid);
            }
        }
    }

    private static void Multiply(
        float* blockSums, float* gradOutput, float* input, int element, int block, int firstTile, int tiles,
        in WinogradBackwardWeightsGrid grid)
    {
        (int firstRowTile, int rowTiles, int firstPanel, int panels) = grid.Block(block);
        float** rows = stackalloc float*[Rows];
        gradOutput += (long)element * grid.GradOutputPlane;
        input += (long)element * grid.InputPlane;
        for (int panel = 0; panel < panels; panel++)
        {
            float* vectors = input + (firstPanel + panel) * grid.PanelPitch;
            for (int rowTile = 0; rowTile < rowTiles; rowTile++)
            {
                for (int i = 0; i < Rows; i++)
                {
                    int k = (firstRowTile + rowTile) * Rows + i;
                    rows[i] = gradOutput + k / Columns * grid.PanelPitch + k % Columns;
                }
                float* registerTile = blockSums + (rowTile * grid.PanelsPerBlock + panel) * RegisterTileFloats;
                RegisterTile<TVector, TMath>.Multiply(
                    registerTile, rows, &vectors, 1, tiles, Columns, Columns, accumulate: firstTile > 0);
            }
        }
    }

    private static void TransformSums(
        float* gradWeights, float* blockSums, int block, int rowTile, in ConvolutionShape shape,
        in WinogradBackwardWeightsGrid grid)
    {
        (int firstRowTile, _, int firstPanel, int panels) = grid.Block(block);
        int firstRow = (firstRowTile + rowTile) * Rows, rows = Math.Min(Rows, shape.K - firstRow);
        int plane = grid.BlockPlane(RegisterTileFloats);
        float* half = stackalloc float[WinogradScratch.TransformFloats];
        float* result = stackalloc float[WinogradScratch.TransformFloats];
        for (int panel = 0; panel < panels; panel++)
        {
            float* registerTile = blockSums + (rowTile * grid.PanelsPerBlock + panel) * RegisterTileFloats;
            int firstColumn = (firstPanel + panel) * Columns, columns = Math.Min(Columns, shape.C - firstColumn);
            for (int row = 0; row < rows; row++, registerTile += Columns)
            {
                for (int column = 0; column < columns; column += TMath.Count)
                {
                    for (int j = 0; j < Points; j++)
                        TWinograd.GradWeights(
                            half + j * TMath.Count, Points * TMath.Count,
                            new Strided<TVector, TMath>(registerTile + column + j * plane, Points * plane));
                    for (int r = 0; r < 3; r++)
                        TWinograd.GradWeights(
                            result + r * 3 * TMath.Count, TMath.Count,
                            new Strided<TVector, TMath>(half + r * Points * TMath.Count, TMath.Count));
                    float* destination = gradWeights + (long)(firstRow + row) * 9 * shape.C + firstColumn + column;
                    for (int tap = 0; tap < 9; tap++)
                        Unsafe.CopyBlockUnaligned(
                            destination + tap * shape.C, result + tap * TMath.Count,
                            (uint)Math.Min(TMath.Count, columns - column) * sizeof(float));
                }
            }
        }
    }
}
