using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The direct convolution with vectors of one width: packs what a pass needs, then runs its register tiles.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
internal sealed class ConvolutionRegisterTilePasses<TVector, TMath> : ConvolutionPasses
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <inheritdoc/>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape)
    {
        Taps taps = Taps.Of(shape);
        (Tensor source, ConvolutionShape padded) = Pad(device, input, shape, taps);
        RegisterTileGrid grid = RegisterTileGrid.Of(shape.Output.Pixels, shape.K, taps.Count, Rows, Columns);
        Tensor packed = device.Arena.Rent(
            TensorShape.Vector(ConvolutionPacking.Length(grid.Blocks, taps.Count, taps.Run, Columns)));

        device.Launch(
            ConvolutionPacking.Forward, grid.Blocks * taps.Count, packed.View, weights.Values, taps, shape.K,
            Columns);
        device.Launch(
            RegisterTileKernels<TVector, TMath>.Forward, grid.Tasks, output.View, source.View, packed.View,
            new Epilogue(bias, Accumulate: false, relu, Activation: default), padded, taps, grid);

        packed.Release();
        source.Release();
    }

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        int blocks = Ceiling.Divide(shape.C, Columns), taps = shape.R * shape.S;
        Tensor packed = device.Arena.Rent(
            TensorShape.Vector(ConvolutionPacking.Length(blocks, taps, shape.K, Columns)));

        device.Launch(ConvolutionPacking.BackwardData, blocks * taps, packed.View, weights.Values, shape, Columns);
        var epilogue = new Epilogue(
            Bias: default, accumulate, Relu: false, activation is null ? default : activation.View);
        foreach (StridePhase phase in StridePhase.Of(shape, accumulate, isMasked: activation is not null))
        {
            RegisterTileGrid grid = RegisterTileGrid.Of(phase.Pixels, shape.C, phase.Taps, Rows, Columns);
            device.Launch(RegisterTileKernels<TVector, TMath>.BackwardData, grid.Tasks,
                gradInput.View, gradOutput.View, packed.View, epilogue, shape, phase, grid);
        }

        packed.Release();
    }

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape)
    {
        Taps taps = Taps.Of(shape);
        if (taps.Merged)
        {
            BackwardWeightsOfFewChannels(device, gradWeights, gradOutput, input, shape, taps);
            return;
        }
        var grid = BackwardWeightsGrid.Of(shape, BackwardWeightsGrid.GroupOf(Rows));
        int count = (int)shape.Weights.Count, threads = Math.Min(device.Threads, grid.Tasks);
        Tensor memory = TaskCounter.Rent(
            device, (long)threads * RegisterTileBackwardWeightsKernels<TVector, TMath>.MemoryOfThread(shape, grid));
        Tensor? partial = grid.Slices == 1 ? null : device.Arena.Rent(new TensorShape(grid.Slices, 1, 1, count));
        device.Launch(
            RegisterTileBackwardWeightsKernels<TVector, TMath>.BackwardWeights, threads, partial?.View ?? gradWeights,
            gradOutput.View, input.View, memory.View, shape, taps, grid);
        if (partial is not null)
        {
            PartialSums.Launch(device, gradWeights, partial.View, grid.Slices);
            partial.Release();
        }
        memory.Release();
    }

    private static void BackwardWeightsOfFewChannels(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape,
        in Taps taps)
    {
        (Tensor source, ConvolutionShape padded) = Pad(device, input, shape, taps);
        // One group of channels: a slice computes all of them.
        var grid = BackwardWeightsGrid.Of(shape, shape.K);
        int weights = taps.Count * taps.Run;
        int sums = Ceiling.Divide(weights, Rows) * Rows * Ceiling.Divide(shape.K, Columns) * Columns;
        Tensor partial = device.Arena.Rent(new TensorShape(grid.Slices, 1, 1, sums));
        Tensor gathered = device.Arena.Rent(new TensorShape(grid.Slices, grid.RowsPerChunk, shape.Q, Columns));
        device.Launch(
            FewChannelsBackwardWeightsKernels<TVector, TMath>.BackwardWeights, grid.Slices, partial.View,
            gathered.View, gradOutput.View, source.View, padded, taps, grid);
        device.Launch(
            FewChannelsBackwardWeightsKernels<TVector, TMath>.SumSlices, weights, gradWeights, partial.View, weights,
            shape.K, grid.Slices);
        gathered.Release();
        partial.Release();
        source.Release();
    }

    /// <summary>An input whose padding is really there, for taps that are whole filter rows.</summary>
    private static (Tensor Input, ConvolutionShape Shape) Pad(
        ComputeDevice device, Tensor input, in ConvolutionShape shape, in Taps taps)
    {
        if (!taps.Merged || shape.Padding == 0)
            return (input.Retain(), shape);
        ConvolutionShape padded = shape with
        {
            H = shape.H + 2 * shape.Padding,
            W = shape.W + 2 * shape.Padding,
            Padding = 0,
        };
        Tensor copy = device.Arena.Rent(padded.Input);
        device.Launch(ConvolutionPacking.Pad, padded.N * padded.H, copy.View, input.View, shape);
        return (copy, padded);
    }
}
