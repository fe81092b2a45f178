namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the CPU kernels walk over a filter: taps, each a run of contiguous floats.</summary>
/// <param name="Rows">Filter rows.</param>
/// <param name="Columns">Taps in a filter row.</param>
/// <param name="Run">Floats in a tap that are contiguous in the input and in the weights alike.</param>
/// <param name="Merged">
/// Whether a filter row is one tap, <c>S · C</c> floats long. It reads the pixels beneath it as one run, so the padding
/// must really be there, and the few weights of a filter are then the rows of backward-weights' register tiles.
/// </param>
internal readonly record struct Taps(int Rows, int Columns, int Run, bool Merged)
{
    // With fewer channels a run is too short to keep the arithmetic units busy: setting up a tap's pointers costs
    // about as much as 16 steps. The only such layers are first layers, with 1 or 3 channels.
    private const int MinRun = 16;

    /// <summary>Number of taps.</summary>
    public int Count => Rows * Columns;

    /// <summary>
    /// One tap per element of the filter with its channels, or one per row of it where there are few channels.
    /// </summary>
    public static Taps Of(in ConvolutionShape shape) =>
        shape.C < MinRun
            ? new Taps(shape.R, 1, shape.S * shape.C, Merged: true)
            : new Taps(shape.R, shape.S, shape.C, Merged: false);
}
