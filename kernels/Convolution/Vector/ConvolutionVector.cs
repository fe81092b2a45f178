using System.Runtime.Intrinsics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The convolution on the CPU's vector units, one instance an algorithm.</summary>
internal abstract class ConvolutionVector
{
    private static readonly ConvolutionVector Wide128 = new ConvolutionVector<Vector128<float>, Vector128Math>();
    private static readonly ConvolutionVector Wide256 = new ConvolutionVector<Vector256<float>, Vector256Math>();
    private static readonly ConvolutionVector Wide512 = new ConvolutionVector<Vector512<float>, Vector512Math>();
    private static readonly ConvolutionVector Winograd2 = WinogradOf(Widest, 2);
    private static readonly ConvolutionVector Winograd4 = WinogradOf(Widest, 4);

    // Transforming an element of a tile takes as long as some 24 multiply-adds, once for each input and each output
    // channel; transforming the weights takes as long as multiplying 30 tiles with them, because it is bound by memory.
    private const double TransformWork = 24, WeightWork = 30;

    // The pointers of a tile's taps are on the stack: of 14 pixels and this many taps 115 kB, where a thread may have
    // no more than 1 MB.
    private const int MaxTaps = 1024;

    // With fewer channels the transforms cost more than they save.
    private const int MinWinogradChannels = 16;

    /// <summary>The widest algorithm that this processor computes in hardware.</summary>
    public static ConvolutionAlgorithm Widest =>
        Vector512.IsHardwareAccelerated ? ConvolutionAlgorithm.Vector512
        : Vector256.IsHardwareAccelerated ? ConvolutionAlgorithm.Vector256
        : ConvolutionAlgorithm.Vector128;

    /// <summary>Whether a shape's filters have no more taps than these kernels take.</summary>
    public static bool Fits(in ConvolutionShape shape) => (long)shape.R * shape.S <= MaxTaps;

    /// <summary>
    /// The algorithm that should take least time for a shape, by a model fitted to measurements (docs/convolution.md).
    /// </summary>
    public static ConvolutionAlgorithm Best(in ConvolutionShape shape)
    {
        if (!shape.FitsWinograd || Math.Min(shape.C, shape.K) < MinWinogradChannels)
            return Widest;
        double direct = 9.0 * shape.Output.Pixels, winograd2 = WinogradCost(shape, 2);
        double winograd4 = WinogradCost(shape, 4);
        if (direct < Math.Min(winograd2, winograd4))
            return Widest;
        return winograd2 < winograd4 ? ConvolutionAlgorithm.Winograd2 : ConvolutionAlgorithm.Winograd4;
    }

    /// <summary>The implementation of an algorithm.</summary>
    public static ConvolutionVector Of(ConvolutionAlgorithm algorithm) => algorithm switch
    {
        ConvolutionAlgorithm.Vector512 => Wide512,
        ConvolutionAlgorithm.Vector256 => Wide256,
        ConvolutionAlgorithm.Winograd2 => Winograd2,
        ConvolutionAlgorithm.Winograd4 => Winograd4,
        _ => Wide128,
    };

    /// <summary>Winograd's algorithm with the vectors of an algorithm.</summary>
    /// <param name="width">One of the vector algorithms.</param>
    /// <param name="outputs">Outputs in a row of a tile, 2 or 4.</param>
    public static ConvolutionVector WinogradOf(ConvolutionAlgorithm width, int outputs) => (width, outputs) switch
    {
        (ConvolutionAlgorithm.Vector512, 2) =>
            new ConvolutionWinograd<Vector512<float>, Vector512Math, Winograd2<Vector512<float>, Vector512Math>>(),
        (ConvolutionAlgorithm.Vector512, _) =>
            new ConvolutionWinograd<Vector512<float>, Vector512Math, Winograd4<Vector512<float>, Vector512Math>>(),
        (ConvolutionAlgorithm.Vector256, 2) =>
            new ConvolutionWinograd<Vector256<float>, Vector256Math, Winograd2<Vector256<float>, Vector256Math>>(),
        (ConvolutionAlgorithm.Vector256, _) =>
            new ConvolutionWinograd<Vector256<float>, Vector256Math, Winograd4<Vector256<float>, Vector256Math>>(),
        (_, 2) =>
            new ConvolutionWinograd<Vector128<float>, Vector128Math, Winograd2<Vector128<float>, Vector128Math>>(),
        _ => new ConvolutionWinograd<Vector128<float>, Vector128Math, Winograd4<Vector128<float>, Vector128Math>>(),
    };

    /// <summary><c>gradBias[k] = Σ n,p,q gradOutput[n, p, q, k]</c></summary>
    public static void BackwardBias(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape)
    {
        int slices = Math.Min(CpuTasks.Wanted, shape.Output.Pixels);
        Tensor partial = device.Arena.Rent(TensorShape.Matrix(slices, shape.K));
        device.Launch(
            ConvolutionPacking.SumPixels, slices, partial.View, gradOutput.View, shape.Output.Pixels, shape.K);
        device.Launch(
            ConvolutionPacking.SumSlices, Ceiling.Divide(shape.K, ConvolutionPacking.SumChunk), gradBias, partial.View,
            slices);
        partial.Release();
    }

    /// <summary>What a Winograd convolution takes, in direct multiply-adds for each pair of channels.</summary>
    private static double WinogradCost(in ConvolutionShape shape, int outputs)
    {
        int elements = (outputs + 2) * (outputs + 2);
        double tiles = shape.N * Ceiling.Divide(shape.P, outputs) * Ceiling.Divide(shape.Q, outputs);
        return elements * (tiles * (1 + TransformWork * (1.0 / shape.C + 1.0 / shape.K)) + WeightWork);
    }

    /// <inheritdoc cref="Convolution.Forward"/>
    public abstract void Forward(
        ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, bool relu,
        in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardData"/>
    public abstract void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardWeights"/>
    public abstract void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape);
}
