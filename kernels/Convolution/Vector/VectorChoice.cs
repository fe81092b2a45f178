using System.Runtime.Intrinsics;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Which of the CPU's algorithms a convolution takes.</summary>
internal static class VectorChoice
{
    // Transforming an element of a Winograd tile takes as long as some 24 multiply-adds, once for each input and each
    // output channel; transforming the weights takes as long as multiplying 30 such tiles with them, because it is
    // bound by memory.
    private const double TransformWork = 24, WeightWork = 30;

    // The pointers of a register tile's taps are on the stack: of 14 pixels and this many taps 115 kB, where a thread
    // may have no more than 1 MB.
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

    /// <summary>What a Winograd convolution takes, in direct multiply-adds for each pair of channels.</summary>
    private static double WinogradCost(in ConvolutionShape shape, int outputs)
    {
        int elements = (outputs + 2) * (outputs + 2);
        double tiles = shape.N * Ceiling.Divide(shape.P, outputs) * Ceiling.Divide(shape.Q, outputs);
        return elements * (tiles * (1 + TransformWork * (1.0 / shape.C + 1.0 / shape.K)) + WeightWork);
    }
}
