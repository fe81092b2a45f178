using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Whether a GPU in single precision takes Winograd for a convolution.</summary>
internal static class TiledWinogradChoice
{
    /// <summary>
    /// Whether a shape can be computed so: a slice is whole stages, no transformed tensor has more floats than
    /// an offset of 32 bits can tell, and the transformed weights are no more than a chunk.
    /// </summary>
    public static bool Fits(in ConvolutionShape shape) =>
        shape is { FitsWinograd: true, N: > 0 }
        && shape.C % TiledGemm.StageDepth == 0 && shape.K % TiledGemm.StageDepth == 0
        && ConvolutionTiledWinogradPasses.FloatsOf(shape with { N = 1 }) <= int.MaxValue
        && ConvolutionTiledWinogradPasses.Elements * (long)shape.C * shape.K
            <= ConvolutionTiledWinogradPasses.ChunkFloats;

    /// <summary>
    /// Whether all three passes together take less time than <see cref="ConvolutionTiledPasses"/>'s, by the cycles that
    /// <see cref="TiledPlanner"/> counts: a quarter of the products, but tensors that pass through memory four times
    /// more, and three times the launches.
    /// </summary>
    /// <param name="shape">A shape that fits.</param>
    /// <param name="forced">The block tile to use, or null.</param>
    public static bool Saves(in ConvolutionShape shape, TileAlgorithm? forced) =>
        WinogradCycles(shape, forced) < DirectCycles(shape, forced);

    private static double DirectCycles(in ConvolutionShape shape, TileAlgorithm? forced)
    {
        TiledGemm.Planner.Plan(shape.Output.Pixels, shape.K, 9 * shape.C, forced, out double forward);
        TiledGemm.Planner.Plan(shape.Input.Pixels, shape.C, 9 * shape.K, forced, out double backwardData);
        TiledGemm.Planner.Plan(shape.K, 9 * shape.C, shape.Output.Pixels, forced, out double backwardWeights);
        return forward + backwardData + backwardWeights;
    }

    private static double WinogradCycles(in ConvolutionShape shape, TileAlgorithm? forced)
    {
        int images = ConvolutionTiledWinogradPasses.ImagesPerChunk(shape);
        double chunks = Ceiling.Divide(shape.N, images);
        ConvolutionShape part = shape with { N = images };
        return 2 * (TransformedWeights(shape) + TiledPlanner.LaunchCycles)
            + chunks * (Convolution(part.Input, part.Output, forced) + Convolution(part.Output, part.Input, forced)
                + BackwardWeights(part, forced));
    }

    // The forward pass, or backward-data with input and output exchanged. The product's count has its results' writing
    // and reading and the launch of the transform back.
    private static double Convolution(TensorShape input, TensorShape output, TileAlgorithm? forced)
    {
        int tiles = TiledWinogradTiles.Count(output);
        TiledGemm.Planner.PlanBatched(
            tiles, output.C, input.C, ConvolutionTiledWinogradPasses.Elements, isCut: false, forced,
            out double product);
        return product + Transform(input, tiles) + TiledPlanner.TrafficCycles(output.Count);
    }

    private static double BackwardWeights(in ConvolutionShape part, TileAlgorithm? forced)
    {
        int tiles = TiledWinogradTiles.Count(part.Output);
        TiledGemm.Planner.PlanBatched(
            part.K, part.C, tiles, ConvolutionTiledWinogradPasses.Elements, isCut: true, forced, out double product);
        return product + Transform(part.Input, tiles) + Transform(part.Output, tiles) + TransformedWeights(part)
            + TiledPlanner.LaunchCycles;
    }

    private static double Transform(TensorShape images, int tiles) =>
        TiledPlanner.TrafficCycles(images.Count + (double)ConvolutionTiledWinogradPasses.Elements * tiles * images.C)
        + TiledPlanner.LaunchCycles;

    private static double TransformedWeights(in ConvolutionShape shape) => TiledPlanner.TrafficCycles(
        (ConvolutionTiledWinogradPasses.Elements + 9.0) * shape.C * shape.K);
}
