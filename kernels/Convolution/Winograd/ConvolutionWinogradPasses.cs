using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The 3x3 convolution of stride 1 by Winograd's minimal filtering; <see cref="IWinograd{TVector, TMath}"/> has the
/// maths.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <typeparam name="TWinograd">The transforms.</typeparam>
internal sealed class ConvolutionWinogradPasses<TVector, TMath, TWinograd> : ConvolutionPasses
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
    where TWinograd : struct, IWinograd<TVector, TMath>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    private static int Elements => (TWinograd.Outputs + 2) * (TWinograd.Outputs + 2);

    /// <inheritdoc/>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape) =>
        Convolve(
            device, output, input, weights.Values,
            new Epilogue(bias, Accumulate: false, relu, Activation: default), shape, isBackward: false);

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        var backward = new ConvolutionShape(shape.N, shape.P, shape.Q, shape.K, shape.C, 3, 3, 1, 2 - shape.Padding);
        Convolve(
            device, gradInput, gradOutput, weights.Values,
            new Epilogue(Bias: default, accumulate, Relu: false, activation is null ? default : activation.View),
            backward, isBackward: true);
    }

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape)
    {
        var grid = WinogradBackwardWeightsGrid.Of(shape, TWinograd.Outputs, Rows, Columns);
        Tensor transformedInput = device.Arena.Rent(
            TensorShape.Vector(Sizes.Countable((long)Elements * grid.InputPlane)));
        Tensor transformedGradOutput = device.Arena.Rent(
            TensorShape.Vector(Sizes.Countable((long)Elements * grid.GradOutputPlane)));
        int threads = Math.Min(device.Threads, grid.Blocks);
        int blockSums = Elements * grid.BlockPlane(Rows * Columns);
        int blocks = grid.BlockByBlock && grid.Chunks == 1 ? threads : grid.Blocks;
        Tensor sums = TaskCounter.Rent(device, (long)blocks * blockSums);
        for (int first = 0; first < grid.Tiling.Tiles; first += grid.TilesPerChunk)
        {
            int tiles = Math.Min(grid.TilesPerChunk, grid.Tiling.Tiles - first);
            int indices = Ceiling.Divide(tiles, WinogradBackwardWeightsGrid.TilesPerIndex);
            device.Launch(
                WinogradBackwardWeightsKernels<TVector, TMath, TWinograd>.TransformInput, indices,
                transformedInput.View, input.View, first, tiles, shape, grid);
            device.Launch(
                WinogradBackwardWeightsKernels<TVector, TMath, TWinograd>.TransformGradOutput, indices,
                transformedGradOutput.View, gradOutput.View, first, tiles, shape, grid);
            if (grid.BlockByBlock)
            {
                TaskCounter.Restart(device, sums);
                device.Launch(
                    WinogradBackwardWeightsKernels<TVector, TMath, TWinograd>.MultiplyBlocks, threads, gradWeights,
                    sums.View, transformedGradOutput.View, transformedInput.View, first, tiles, shape, grid);
            }
            else
            {
                device.Launch(
                    WinogradBackwardWeightsKernels<TVector, TMath, TWinograd>.MultiplyElement, Elements * grid.Blocks,
                    sums.View, transformedGradOutput.View, transformedInput.View, first, tiles, grid);
            }
        }
        if (!grid.BlockByBlock)
            device.Launch(
                WinogradBackwardWeightsKernels<TVector, TMath, TWinograd>.TransformSums, grid.RowTiles, gradWeights,
                sums.View, shape, grid);
        sums.Release();
        transformedGradOutput.Release();
        transformedInput.Release();
    }

    private static void Convolve(
        ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, in Epilogue epilogue,
        in ConvolutionShape shape, bool isBackward)
    {
        var grid = WinogradGrid.Of(shape, TWinograd.Outputs, Rows, Columns);
        var layout = new WinogradWeights(shape.C, shape.K, grid.InChannelsPerPass, isBackward);
        int threads = Math.Min(device.Threads, grid.Tasks);
        Tensor memory = WinogradScratch.Of(layout, grid, TWinograd.Outputs, Columns).Rent(device, threads);
        Tensor? transformed = null;
        if (!grid.TaskTransformsWeights)
        {
            transformed = device.Arena.Rent(TensorShape.Vector(layout.Length(Elements, Columns)));
            int indices = grid.Blocks
                * Ceiling.Divide(shape.C, WinogradKernels<TVector, TMath, TWinograd>.ChannelsPerIndex);
            device.Launch(
                WinogradKernels<TVector, TMath, TWinograd>.Weights, indices, transformed.View, weights, layout);
        }
        device.Launch(
            WinogradKernels<TVector, TMath, TWinograd>.Forward, threads, output.View, input.View,
            transformed?.View ?? weights, epilogue, memory.View, shape, layout, grid);
        transformed?.Release();
        memory.Release();
    }
}
