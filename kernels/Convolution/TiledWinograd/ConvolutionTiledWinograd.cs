using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The 3x3 convolution of stride 1 by Winograd's <c>F(4x4, 3x3)</c> on a GPU in single precision:
/// <see cref="IWinograd{TVector, TMath}"/> has the maths.
/// </summary>
/// <remarks>
/// <code>
///                    transformed                    36 products                          transformed back
/// forward            input, weights                 tiles x K, a sum over C              output
/// backward-data      gradOutput, turned weights     tiles x C, a sum over K              gradInput
/// backward-weights   input, gradOutput              K x C, a sum over tiles              gradWeights
/// </code>
/// The products are one product of <see cref="TiledGemm"/> whose depth is <c>(element, channel)</c>, cut into a slice
/// for each element: the slices' shares, which <see cref="SliceSums"/> would add up, are what is transformed back. So a
/// linear layer's operands serve, and no kernel of the product is new.
/// <para>
/// What is transformed passes through memory, 2.25 times the images each way. The batch is cut into chunks of whole
/// images, so that this takes no more than a share of the GPU's memory.
/// </para>
/// </remarks>
/// <param name="chunkFloats">The most floats of the transformed tensors of a chunk.</param>
internal sealed class ConvolutionTiledWinograd(
    long chunkFloats = ConvolutionTiledWinograd.ChunkFloats) : ConvolutionPasses
{
    /// <summary>Rows and columns of outputs of a tile.</summary>
    public const int Outputs = 4;

    private const int Elements = 36;

    // 512 MiB of transformed tensors: a chunk of the widest layer is then some 9 images of 224x224, 60 waves of tiles,
    // of which the last one's idle part is a 60th at most.
    private const long ChunkFloats = 128 << 20;

    /// <summary>
    /// Whether a shape can be computed so: a slice is whole tiles of depth, and offsets are 32 bits wide.
    /// </summary>
    public static bool Fits(in ConvolutionShape shape) =>
        shape is { FitsWinograd: true, N: > 0 } && shape.C % TiledGemm.Depth == 0 && shape.K % TiledGemm.Depth == 0
        && FloatsOf(shape with { N = 1 }) <= int.MaxValue;

    /// <summary>
    /// Whether it takes less time than <see cref="ConvolutionTiled"/>, by counting as <see cref="TiledPlanner"/> does: a
    /// quarter of the products, but tensors that pass through memory four times more.
    /// </summary>
    public static bool Saves(in ConvolutionShape shape)
    {
        double channels = shape.C + shape.K, pixels = shape.Output.Pixels;
        double transformed = (double)Elements * Tiles(shape, shape.P, shape.Q);
        double direct = TiledGemm.Planner.ProductCycles(pixels * 9 * shape.C * shape.K);
        double product = Math.Max(
            TiledGemm.Planner.ProductCycles(transformed * shape.C * shape.K),
            TiledPlanner.TrafficCycles(transformed * channels));
        double transforms = TiledPlanner.TrafficCycles(
            (pixels + transformed) * channels + (double)Elements * shape.C * shape.K);
        return product + transforms + 3 * TiledPlanner.LaunchCycles < direct;
    }

    /// <inheritdoc/>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, bool relu,
        in ConvolutionShape shape)
    {
        // [K, element, C], as a linear layer has its weights.
        Tensor filters = TransformWeights(device, weights, shape, Elements * shape.C, shape.C, turn: 0);
        foreach (var (first, part) in Chunks(shape))
        {
            int tiles = Tiles(part, shape.P, shape.Q);
            var product = new ConvolutionShape(tiles, 1, 1, Elements * shape.C, shape.K, 1, 1, 1, 0);
            Tensor transformed = TransformInput(
                device, Images(device, input, first, part.Input), part.Input, shape.Padding, part.Output);
            Convolve(
                device, new MatrixResult(Images(device, output, first, part.Output), shape.K, bias, relu), transformed,
                new InputPatches(transformed.View, product), new Filters(filters.View, product), part.Output, shape.C);
        }
        filters.Release();
    }

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        // [element, K, C], as a linear layer with all elements' K outputs has its weights.
        Tensor filters = TransformWeights(device, weights, shape, shape.C, shape.K * shape.C, turn: 8);
        foreach (var (first, part) in Chunks(shape))
        {
            int tiles = Tiles(part, shape.H, shape.W);
            var product = new ConvolutionShape(tiles, 1, 1, shape.C, Elements * shape.K, 1, 1, 1, 0);
            var phase = new StridePhase(product, 0, 0);
            Tensor transformed = TransformInput(
                device, Images(device, gradOutput, first, part.Output), part.Output, 2 - shape.Padding, part.Input);
            var result = new GradInputResult(
                Images(device, gradInput, first, part.Input), part, new StridePhase(part, 0, 0), accumulate,
                activation is null ? default : Images(device, activation, first, part.Input));
            Convolve(
                device, result, transformed, new GradOutputPatches(transformed.View, product, phase),
                new PhaseFilters(filters.View, product, phase), part.Input, shape.K);
        }
        filters.Release();
    }

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape)
    {
        foreach (var (first, part) in Chunks(shape))
        {
            int tileRows = TilesOf(shape.P), tileColumns = TilesOf(shape.Q), count = shape.K * shape.C;
            TiledPlan plan = TiledGemm.Planner.PlanParts(
                shape.K, shape.C, part.N * tileRows * tileColumns, Elements, mostSlices: int.MaxValue,
                device.Forced<TileAlgorithm>());
            // [element, tile, channel], as a linear layer has its batch; as many tiles as whole slices have.
            int tiles = plan.Depth / Elements;
            Tensor transformedInput = Transform(
                TiledWinogradKernels.Input, Images(device, input, first, part.Input), part.Input, shape.Padding);
            Tensor transformedGradOutput = Transform(
                TiledWinogradKernels.GradOutput, Images(device, gradOutput, first, part.Output), part.Output, 0);
            var product = new ConvolutionShape(plan.Depth, 1, 1, shape.C, shape.K, 1, 1, 1, 0);
            Tensor products = device.Arena.Rent(new TensorShape(1, plan.Slices, shape.K, shape.C));
            Multiply(
                device, products, new GradWeightsResult(gradWeights, product),
                new GradOutputPixels(transformedGradOutput.View, product),
                new InputTaps(transformedInput.View, product), plan);
            device.Launch(
                TiledWinogradKernels.GradWeights, count, gradWeights, products.View, new FastDivisor(shape.C), count,
                plan.Slices / Elements, first == 0 ? 0 : 1);
            products.Release();
            transformedGradOutput.Release();
            transformedInput.Release();

            Tensor Transform(
                Action<Index1D, ArrayView<float>, ArrayView<float>, TiledWinogradTiles> kernel,
                ArrayView<float> images, TensorShape imagesShape, int padding)
            {
                int channels = imagesShape.C;
                Tensor transformed = device.Arena.Rent(new TensorShape(1, Elements, tiles, channels));
                device.Launch(
                    kernel, tiles * channels, transformed.View, images,
                    new TiledWinogradTiles(
                        imagesShape, padding, tileRows, tileColumns, channels, tiles * channels));
                return transformed;
            }
        }
    }

    /// <inheritdoc/>
    public override void BackwardBias(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape) =>
        BiasQuad.Backward(device, gradBias, gradOutput, shape);

    private static Tensor TransformWeights(
        ComputeDevice device, ArrayView<float> weights, in ConvolutionShape shape, int filterStep, int elementStep,
        int turn)
    {
        Tensor transformed = device.Arena.Rent(new TensorShape(1, Elements, shape.K, shape.C));
        device.Launch(
            TiledWinogradKernels.Weights, shape.K * shape.C, transformed.View, weights, new FastDivisor(shape.C),
            filterStep, elementStep, turn);
        return transformed;
    }

    /// <summary>Transforms the images under the tiles of a result: <c>[tile, element, channel]</c>.</summary>
    private static Tensor TransformInput(
        ComputeDevice device, ArrayView<float> images, TensorShape shape, int padding, TensorShape result)
    {
        int tileRows = TilesOf(result.H), tileColumns = TilesOf(result.W), tiles = result.N * tileRows * tileColumns;
        Tensor transformed = device.Arena.Rent(new TensorShape(1, tiles, Elements, shape.C));
        device.Launch(
            TiledWinogradKernels.Input, tiles * shape.C, transformed.View, images,
            new TiledWinogradTiles(shape, padding, tileRows, tileColumns, Elements * shape.C, shape.C));
        return transformed;
    }

    /// <summary>Multiplies what is transformed, releases it, and transforms the products back.</summary>
    private static void Convolve<TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, Tensor transformed, TRows rows, TColumns columns, TensorShape shape,
        int depth)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        int tileRows = TilesOf(shape.H), tileColumns = TilesOf(shape.W), tiles = shape.N * tileRows * tileColumns;
        TiledPlan plan = TiledGemm.Planner.PlanParts(
            tiles, shape.C, depth, Elements, mostSlices: 1, device.Forced<TileAlgorithm>());
        Tensor products = device.Arena.Rent(new TensorShape(1, Elements, tiles, shape.C));
        Multiply(device, products, result, rows, columns, plan);
        transformed.Release();
        device.Launch(
            TiledWinogradKernels.Output, tiles * shape.C, result, products.View,
            new TiledWinogradTiles(shape, padding: 0, tileRows, tileColumns, shape.C, tiles * shape.C));
        products.Release();
    }

    /// <summary>The shares of the slices of a product; <paramref name="result"/> tells its kernel only.</summary>
    private static void Multiply<TRows, TColumns, TResult>(
        ComputeDevice device, Tensor products, TResult result, TRows rows, TColumns columns, TiledPlan plan)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        device.LaunchGrouped(
            TiledGemm.Kernel<TRows, TColumns, TResult>(plan, quads: true), new Index2D(plan.Tiles, plan.Slices),
            TiledGemm.Specialization(plan.RowExtent, quads: true), result, products.View, rows, columns, plan);

    /// <summary>The batch in parts: the first image of each, and the shape with as many as it has.</summary>
    private IEnumerable<(int First, ConvolutionShape Part)> Chunks(ConvolutionShape shape)
    {
        int images = (int)Math.Clamp(chunkFloats / FloatsOf(shape with { N = 1 }), 1, shape.N);
        for (int first = 0; first < shape.N; first += images)
            yield return (first, shape with { N = Math.Min(images, shape.N - first) });
    }

    /// <summary>Floats of all transformed tensors but the weights.</summary>
    private static long FloatsOf(in ConvolutionShape shape) =>
        Elements * (long)Math.Max(Tiles(shape, shape.P, shape.Q), Tiles(shape, shape.H, shape.W)) * (shape.C + shape.K);

    private static int Tiles(in ConvolutionShape shape, int height, int width) =>
        shape.N * TilesOf(height) * TilesOf(width);

    private static int TilesOf(int length) => Ceiling.Divide(length, Outputs);

    /// <summary>The images of a chunk; while a step is planned there is no memory.</summary>
    private static ArrayView<float> Images(ComputeDevice device, Tensor tensor, int first, TensorShape part)
    {
        int image = part.H * part.W * part.C;
        return device.IsPlanning ? default : tensor.View.SubView(first * image, part.N * image);
    }
}
