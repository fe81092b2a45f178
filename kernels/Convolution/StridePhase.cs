using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The input pixels that one set of filter taps reaches, when a convolution with a stride runs backward.
/// </summary>
/// <remarks>
/// Input row h takes part in output row p through tap r when <c>h + padding - r = p · stride</c>. So the rows
/// <c>h = h0 + i · stride</c> of one phase h0 meet only the taps <c>r = r0 + j · stride</c> with
/// <c>r0 = (h0 + padding) mod stride</c>, and there
/// <code>
/// p = (h0 + padding - r0) / stride + i - j
/// </code>
/// which is a convolution without a stride. The stride² phases together do each product once; one pass over all taps of
/// all pixels would multiply stride² - 1 zeros for every product.
/// </remarks>
internal readonly struct StridePhase
{
    /// <param name="shape">The convolution.</param>
    /// <param name="h0">The phase's first input row, below the stride.</param>
    /// <param name="w0">The phase's first input column, below the stride.</param>
    public StridePhase(in ConvolutionShape shape, int h0, int w0)
    {
        FirstH = h0;
        FirstW = w0;
        Rows = Steps(shape.H - h0, shape.Stride);
        Columns = Steps(shape.W - w0, shape.Stride);
        FirstR = (h0 + shape.Padding) % shape.Stride;
        FirstS = (w0 + shape.Padding) % shape.Stride;
        TapRows = Steps(shape.R - FirstR, shape.Stride);
        TapColumns = Steps(shape.S - FirstS, shape.Stride);
        FirstP = (h0 + shape.Padding - FirstR) / shape.Stride;
        FirstQ = (w0 + shape.Padding - FirstS) / shape.Stride;
        Pixels = shape.N * Rows * Columns;
    }

    /// <summary>The phases that a backward-data pass has to write.</summary>
    /// <remarks>
    /// A phase that no tap reaches has a gradient of 0. Where gradients are added to what is there, and no ReLU masks
    /// the sum, there is nothing to do for it.
    /// </remarks>
    /// <param name="shape">The convolution.</param>
    /// <param name="accumulate">Whether the gradient is added to what is there.</param>
    /// <param name="isMasked">Whether a ReLU's gradient follows, which all pixels need.</param>
    public static IEnumerable<StridePhase> Of(ConvolutionShape shape, bool accumulate, bool isMasked)
    {
        for (int h0 = 0; h0 < Math.Min(shape.Stride, shape.H); h0++)
        {
            for (int w0 = 0; w0 < Math.Min(shape.Stride, shape.W); w0++)
            {
                var phase = new StridePhase(shape, h0, w0);
                if (phase.Taps > 0 || !accumulate || isMasked)
                    yield return phase;
            }
        }
    }

    /// <summary>The first input row.</summary>
    public int FirstH { get; }

    /// <summary>The first input column.</summary>
    public int FirstW { get; }

    /// <summary>Number of input rows.</summary>
    public int Rows { get; }

    /// <summary>Number of input columns.</summary>
    public int Columns { get; }

    /// <summary>Number of input pixels, of the whole batch.</summary>
    public int Pixels { get; }

    /// <summary>The first filter row.</summary>
    public int FirstR { get; }

    /// <summary>The first filter column.</summary>
    public int FirstS { get; }

    /// <summary>Number of filter rows, 0 if no output saw these pixels.</summary>
    public int TapRows { get; }

    /// <summary>Number of filter columns.</summary>
    public int TapColumns { get; }

    /// <summary>Number of filter taps.</summary>
    public int Taps => TapRows * TapColumns;

    /// <summary>The output row where the first input row meets the first filter row.</summary>
    public int FirstP { get; }

    /// <summary>The output column where the first input column meets the first filter column.</summary>
    public int FirstQ { get; }

    private static int Steps(int length, int stride) => Ceiling.Divide(Math.Max(0, length), stride);
}
