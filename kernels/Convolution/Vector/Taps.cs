namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the CPU kernels walk over a convolution's kernel window: taps, each a run of contiguous floats.</summary>
/// <param name="Rows">Kernel rows.</param>
/// <param name="Columns">Taps in a kernel row.</param>
/// <param name="Run">Floats in a tap that are contiguous in the input and in the weights alike.</param>
/// <param name="Merged">
/// Whether a kernel row is one tap, <c>S · C</c> floats long. It reads the pixels beneath it as one run, so the padding must really be there, and the few
/// weights of a filter are then the rows of backward-weights' tiles.
/// </param>
internal readonly record struct Taps(int Rows, int Columns, int Run, bool Merged)
{
    // With fewer channels a run is too short to keep the arithmetic units busy: setting up a tap's pointers costs
    // about as much as 16 steps. The only such layers are first layers, with 1 or 3 channels.
    private const int ShortestRun = 16;

    /// <summary>Number of taps.</summary>
    public int Count => Rows * Columns;

    /// <summary>A tap a window element with its channels, or a tap a window row where there are few channels.</summary>
    public static Taps Of(in ConvolutionShape shape) =>
        shape.C < ShortestRun
            ? new Taps(shape.R, 1, shape.S * shape.C, Merged: true)
            : new Taps(shape.R, shape.S, shape.C, Merged: false);
}
