using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Maximum pooling on a GPU: four channels of a pixel per index.</summary>
internal static class MaxPoolingQuad
{
    /// <summary>Four outputs: the maxima of a window, and the pixels that hold them.</summary>
    public static void Forward<TElements>(
        Index1D index, ArrayView<float> output, ArrayView<int> indices, ArrayView<float> input, int masks,
        MaxPoolingShape shape, QuadGrid grid)
        where TElements : struct, ITensorElements
    {
        int n = grid.Divide(index, out int p, out int q, out int quad);
        int firstRow = shape.FirstRow(p), endRow = shape.EndRow(p), firstColumn = shape.FirstColumn(q);
        int endColumn = shape.EndColumn(q);
        Float4 maximum = Float4.Of(float.NegativeInfinity);
        Int4 pixels = Int4.Of((n * shape.H + firstRow) * shape.W + firstColumn);
        for (int h = firstRow; h < endRow; h++)
            for (int w = firstColumn; w < endColumn; w++)
            {
                int pixel = (n * shape.H + h) * shape.W + w;
                Float4 value = TElements.Read(input, pixel * grid.Quads + quad);
                Take(ref maximum.X, ref pixels.X, value.X, pixel);
                Take(ref maximum.Y, ref pixels.Y, value.Y, pixel);
                Take(ref maximum.Z, ref pixels.Z, value.Z, pixel);
                Take(ref maximum.W, ref pixels.W, value.W, pixel);
            }
        TElements.Write(output, index, maximum);
        if (indices.Length == 0)
            return;
        if (masks != 0)
        {
            pixels.X = maximum.X <= 0 ? -1 : pixels.X;
            pixels.Y = maximum.Y <= 0 ? -1 : pixels.Y;
            pixels.Z = maximum.Z <= 0 ? -1 : pixels.Z;
            pixels.W = maximum.W <= 0 ? -1 : pixels.W;
        }
        indices.Cast<Int4>()[index] = pixels;
    }

    /// <summary>
    /// Four elements of <c>gradInput</c>: of every window that holds the pixel, the gradients of those maxima that it
    /// was. <paramref name="outputRows"/> and <paramref name="outputColumns"/> are
    /// P and Q, for which the shape would divide by the stride.
    /// </summary>
    public static void Backward<TElements>(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<int> indices,
        MaxPoolingShape shape, QuadGrid grid, FastDivisor byStride, int outputRows, int outputColumns)
        where TElements : struct, ITensorElements
    {
        int n = grid.Divide(index, out int h, out int w, out int quad), pixel = (n * shape.H + h) * shape.W + w;
        ArrayView<Int4> maxima = indices.Cast<Int4>();
        int endRow = EndWindow(h + shape.Padding, outputRows, byStride);
        int endColumn = EndWindow(w + shape.Padding, outputColumns, byStride);
        Float4 sum = default;
        for (int p = FirstWindow(h + shape.Padding, shape.Window, byStride); p < endRow; p++)
            for (int q = FirstWindow(w + shape.Padding, shape.Window, byStride); q < endColumn; q++)
            {
                int at = ((n * outputRows + p) * outputColumns + q) * grid.Quads + quad;
                Int4 held = maxima[at];
                Float4 gradient = TElements.Read(gradOutput, at);
                sum.X += held.X == pixel ? gradient.X : 0f;
                sum.Y += held.Y == pixel ? gradient.Y : 0f;
                sum.Z += held.Z == pixel ? gradient.Z : 0f;
                sum.W += held.W == pixel ? gradient.W : 0f;
            }
        TElements.Write(gradInput, index, sum);
    }

    /// <summary>Keeps the greater value, the first of equal ones, and a NaN rather than any number.</summary>
    private static void Take(ref float maximum, ref int pixel, float value, int candidate)
    {
        // Only a NaN differs from itself.
#pragma warning disable CS1718
        bool takes = value > maximum | value != value;
#pragma warning restore CS1718
        maximum = takes ? value : maximum;
        pixel = takes ? candidate : pixel;
    }

    // As MaxPoolingShape.FirstWindowRow and EndWindowRow, which divide.

    private static int FirstWindow(int padded, int window, FastDivisor byStride) =>
        padded < window ? 0 : byStride.Divide(padded - window, out _) + 1;

    private static int EndWindow(int padded, int windows, FastDivisor byStride) =>
        Math.Min(windows, byStride.Divide(padded, out _) + 1);
}
