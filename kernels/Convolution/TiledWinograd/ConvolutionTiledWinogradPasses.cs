using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The 3x3 convolution of stride 1 by Winograd's <c>F(4x4, 3x3)</c> on a GPU in single precision:
/// <see cref="IWinograd{TVector, TMath}"/> has the maths.
/// </summary>
/// <remarks>
/// <code>
///                    transformed                    36 products, one an element          transformed back
/// forward            input, weights                 tiles x K, a sum over C              output
/// backward-data      gradOutput, turned weights     tiles x C, a sum over K              gradInput
/// backward-weights   input, gradOutput              K x C, a sum over tiles              gradWeights
/// </code>
/// The batched product (batched GEMM, 36 products of one size) is one launch of <see cref="TiledGemm"/>. To that kernel
/// it is a single product whose depth is <c>(element, channel)</c>, with a slice for each element; its shares of slices
/// are the products, and nobody adds them up. So a linear layer's operands serve, and no kernel of the product is new.
/// <para>
/// What is transformed passes through memory, 2.25 times the images each way. The batch is cut into chunks of whole
/// images, so that this takes a bounded part of it.
/// </para>
/// </remarks>
/// <param name="chunkFloats">The most floats of a chunk's transformed images and products.</param>
internal sealed class ConvolutionTiledWinogradPasses(
    long chunkFloats = ConvolutionTiledWinogradPasses.ChunkFloats) : ConvolutionPasses
{
    /// <summary>Rows and columns of outputs of a tile.</summary>
    public const int Outputs = 4;

    /// <summary>Elements of a transformed tile.</summary>
    public const int Elements = 36;

    /// <summary>
    /// 512 MiB: a chunk of the widest layers of VGG16 at 224x224 then still has more than the twelve waves of tiles from
    /// which on <see cref="TiledPlanner"/> does not mind the last one.
    /// </summary>
    public const long ChunkFloats = 128 << 20;

    /// <inheritdoc/>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape)
    {
        // [K, element, C], as a linear layer of 36 C inputs has its weights.
        Tensor filters = TransformWeights(device, weights.Values, shape, Elements * shape.C, shape.C, turn: 0);
        foreach (var (first, part) in Chunks(shape))
        {
            int tiles = TiledWinogradTiles.Count(part.Output);
            // [tile, element, C], as that layer has its inputs.
            Tensor transformed = Transform(
                device, TiledWinogradKernels.Input, Images(device, input, first, part.Input), tiles * shape.C,
                new TiledWinogradTiles(part.Input, shape.Padding, part.Output, Elements * shape.C, shape.C));
            var layer = new ConvolutionShape(tiles, 1, 1, Elements * shape.C, shape.K, 1, 1, 1, 0);
            Convolve(
                device, new MatrixResult(Images(device, output, first, part.Output), shape.K, bias, relu),
                new InputPatches(transformed.View, layer), new Filters(filters.View, layer), part.Output, shape.C);
            transformed.Release();
        }
        filters.Release();
    }

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        // [element, K, C], as a linear layer of 36 K outputs has its weights.
        Tensor filters = TransformWeights(device, weights.Values, shape, shape.C, shape.K * shape.C, turn: 8);
        foreach (var (first, part) in Chunks(shape))
        {
            int tiles = TiledWinogradTiles.Count(part.Input);
            // [tile, element, K], as that layer has its outputs' gradient.
            Tensor transformed = Transform(
                device, TiledWinogradKernels.Input, Images(device, gradOutput, first, part.Output), tiles * shape.K,
                new TiledWinogradTiles(part.Output, 2 - shape.Padding, part.Input, Elements * shape.K, shape.K));
            var layer = new ConvolutionShape(tiles, 1, 1, shape.C, Elements * shape.K, 1, 1, 1, 0);
            var phase = new StridePhase(layer, 0, 0);
            var result = new GradInputResult(
                Images(device, gradInput, first, part.Input), part, new StridePhase(part, 0, 0), accumulate,
                activation is null ? default : Images(device, activation, first, part.Input));
            Convolve(
                device, result, new GradOutputPatches(transformed.View, layer, phase),
                new PhaseFilters(filters.View, layer, phase), part.Input, shape.K);
            transformed.Release();
        }
        filters.Release();
    }

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape)
    {
        int count = shape.K * shape.C;
        foreach (var (first, part) in Chunks(shape))
        {
            TiledPlan plan = TiledGemm.Planner.PlanBatched(
                shape.K, shape.C, TiledWinogradTiles.Count(part.Output), Elements, isCut: true,
                device.Forced<TileAlgorithm>(), out _);
            // [element, tile, channel], as a linear layer has its batch; as many tiles as whole slices have, those that
            // no image has being zeros.
            int tiles = plan.Depth / Elements;
            Tensor transformedInput = Transform(
                device, TiledWinogradKernels.Input, Images(device, input, first, part.Input), tiles * shape.C,
                new TiledWinogradTiles(part.Input, shape.Padding, part.Output, shape.C, tiles * shape.C));
            Tensor transformedGradOutput = Transform(
                device, TiledWinogradKernels.GradOutput, Images(device, gradOutput, first, part.Output),
                tiles * shape.K, new TiledWinogradTiles(part.Output, 0, part.Output, shape.K, tiles * shape.K));
            var layer = new ConvolutionShape(plan.Depth, 1, 1, shape.C, shape.K, 1, 1, 1, 0);
            Tensor products = MultiplyBatched(
                device, new GradWeightsResult(gradWeights, layer),
                new GradOutputPixels(transformedGradOutput.View, layer), new InputTaps(transformedInput.View, layer),
                plan);
            int slices = plan.Slices / Elements;
            if (slices > 1)
                device.Launch(
                    TiledWinogradKernels.SumSlices, Elements * count, products.View, new FastDivisor(count), slices);
            device.Launch(
                TiledWinogradKernels.GradWeights, count, gradWeights, products.View, new FastDivisor(shape.C),
                slices * count, first == 0 ? 0 : 1);
            products.Release();
            transformedGradOutput.Release();
            transformedInput.Release();
        }
    }

    /// <summary>Floats of transformed images and products, for the whole batch.</summary>
    public static long FloatsOf(in ConvolutionShape shape) =>
        Elements * (long)(shape.C + shape.K)
        * Math.Max(TiledWinogradTiles.Count(shape.Input), TiledWinogradTiles.Count(shape.Output));

    /// <summary>Images of a chunk: all chunks have as many, but that the last one may have fewer.</summary>
    public static int ImagesPerChunk(in ConvolutionShape shape, long chunkFloats = ChunkFloats)
    {
        int most = (int)Math.Clamp(chunkFloats / FloatsOf(shape with { N = 1 }), 1, shape.N);
        return Ceiling.Divide(shape.N, Ceiling.Divide(shape.N, most));
    }

    private static Tensor TransformWeights(
        ComputeDevice device, ArrayView<float> weights, in ConvolutionShape shape, int filterStep, int elementStep,
        int turn)
    {
        Tensor transformed = device.Arena.Rent(TensorShape.Vector(Elements * shape.K * shape.C));
        device.Launch(
            TiledWinogradKernels.Weights, shape.K * shape.C, transformed.View, weights, new FastDivisor(shape.C),
            filterStep, elementStep, turn);
        return transformed;
    }

    private static Tensor Transform(
        ComputeDevice device, Action<Index1D, ArrayView<float>, ArrayView<float>, TiledWinogradTiles> kernel,
        ArrayView<float> images, int threads, TiledWinogradTiles tiles)
    {
        Tensor transformed = device.Arena.Rent(TensorShape.Vector(Elements * threads));
        device.Launch(kernel, threads, transformed.View, images, tiles);
        return transformed;
    }

    /// <summary>The batched product of what is transformed, and its transform back.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="result">Where results go.</param>
    /// <param name="rows">Transformed tiles against element and channel.</param>
    /// <param name="columns">Channels of the result against element and channel.</param>
    /// <param name="resultShape">The result's images.</param>
    /// <param name="channels">Channels that are summed over.</param>
    private static void Convolve<TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, TRows rows, TColumns columns, TensorShape resultShape, int channels)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        int tiles = TiledWinogradTiles.Count(resultShape);
        TiledPlan plan = TiledGemm.Planner.PlanBatched(
            tiles, resultShape.C, channels, Elements, isCut: false, device.Forced<TileAlgorithm>(), out _);
        // [element, tile, channel]
        Tensor products = MultiplyBatched(device, result, rows, columns, plan);
        device.Launch(
            TiledWinogradKernels.Output, tiles * resultShape.C, result, products.View,
            new TiledWinogradTiles(resultShape, 0, resultShape, resultShape.C, tiles * resultShape.C));
        products.Release();
    }

    /// <summary>
    /// A batched product, <c>[element, row, column]</c>; where the plan cuts an element's depth, its slices' shares,
    /// <c>[element, slice, row, column]</c>.
    /// </summary>
    /// <remarks>
    /// <paramref name="result"/> tells only which kernel serves: with several slices it writes their shares instead.
    /// </remarks>
    private static Tensor MultiplyBatched<TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, TRows rows, TColumns columns, TiledPlan plan)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        Tensor products = device.Arena.Rent(new TensorShape(1, plan.Slices, plan.Rows, plan.Columns));
        device.LaunchGrouped(
            TiledGemm.Kernel<TRows, TColumns, TResult>(plan, quads: true), new Index2D(plan.Tiles, plan.Slices),
            TiledGemm.Specialization(plan.RowExtent, quads: true), result, products.View, rows, columns, plan);
        return products;
    }

    /// <summary>The batch in parts: the first image of each, and the shape with as many as it has.</summary>
    private IEnumerable<(int First, ConvolutionShape Part)> Chunks(ConvolutionShape shape)
    {
        int images = ImagesPerChunk(shape, chunkFloats);
        for (int first = 0; first < shape.N; first += images)
            yield return (first, shape with { N = Math.Min(images, shape.N - first) });
    }

    /// <summary>The images of a chunk; while a step is planned there is no memory.</summary>
    private static ArrayView<float> Images(ComputeDevice device, Tensor tensor, int first, TensorShape part)
    {
        int image = part.H * part.W * part.C;
        return device.IsPlanning ? default : tensor.View.SubView(first * image, part.N * image);
    }
}
