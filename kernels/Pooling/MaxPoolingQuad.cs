using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Maximum pooling on a GPU: four channels of a pixel per index.</summary>
internal static class MaxPoolingQuad
{
    // A byte times this is a word of four such bytes.
    private const uint FourTimes = 0x01010101;

    /// <summary>Four outputs: the maxima of a window, and their positions there, four bytes in a word.</summary>
    public static void Forward<TElements>(
        Index1D index, ArrayView<float> output, ArrayView<byte> positions, ArrayView<float> input, int masks,
        MaxPoolingShape shape, QuadGrid grid)
        where TElements : struct, ITensorElements
    {
        int n = grid.Divide(index, out int p, out int q, out int quad);
        int firstRow = shape.FirstRow(p), endRow = shape.EndRow(p), firstColumn = shape.FirstColumn(q);
        int endColumn = shape.EndColumn(q);
        Float4 maximum = Float4.Of(float.NegativeInfinity);
        Int4 position = Int4.Of(shape.Position(p, q, firstRow, firstColumn));
        for (int h = firstRow; h < endRow; h++)
        {
            int candidate = shape.Position(p, q, h, firstColumn);
            for (int w = firstColumn; w < endColumn; w++, candidate++)
            {
                Float4 value = TElements.Read(input, ((n * shape.H + h) * shape.W + w) * grid.Quads + quad);
                Take(ref maximum.X, ref position.X, value.X, candidate);
                Take(ref maximum.Y, ref position.Y, value.Y, candidate);
                Take(ref maximum.Z, ref position.Z, value.Z, candidate);
                Take(ref maximum.W, ref position.W, value.W, candidate);
            }
        }
        TElements.Write(output, index, maximum);
        if (positions.Length == 0)
            return;
        if (masks != 0)
        {
            position.X = maximum.X <= 0 ? MaxPoolingShape.NoPosition : position.X;
            position.Y = maximum.Y <= 0 ? MaxPoolingShape.NoPosition : position.Y;
            position.Z = maximum.Z <= 0 ? MaxPoolingShape.NoPosition : position.Z;
            position.W = maximum.W <= 0 ? MaxPoolingShape.NoPosition : position.W;
        }
        positions.Cast<uint>()[index] = (uint)(position.X | position.Y << 8 | position.Z << 16 | position.W << 24);
    }

    /// <summary>
    /// Four elements of <c>gradInput</c>: of every window that holds the pixel, the gradients of those maxima that it
    /// was. <paramref name="outputRows"/> and <paramref name="outputColumns"/> are P and Q, for which the shape would
    /// divide by the stride.
    /// </summary>
    public static void Backward<TElements>(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<byte> positions,
        MaxPoolingShape shape, QuadGrid grid, FastDivisor byStride, int outputRows, int outputColumns)
        where TElements : struct, ITensorElements
    {
        int n = grid.Divide(index, out int h, out int w, out int quad);
        ArrayView<uint> words = positions.Cast<uint>();
        int endRow = EndWindow(h + shape.Padding, outputRows, byStride);
        int endColumn = EndWindow(w + shape.Padding, outputColumns, byStride);
        Float4 sum = default;
        for (int p = FirstWindow(h + shape.Padding, shape.Window, byStride); p < endRow; p++)
            for (int q = FirstWindow(w + shape.Padding, shape.Window, byStride); q < endColumn; q++)
            {
                int at = ((n * outputRows + p) * outputColumns + q) * grid.Quads + quad;
                uint word = words[at];
                Float4 gradient = TElements.Read(gradOutput, at);
                // A byte of it is 0 where the maximum is at this pixel.
                uint difference = word ^ (uint)shape.Position(p, q, h, w) * FourTimes;
                sum.X += (difference & 0xFF) == 0 ? gradient.X : 0f;
                sum.Y += (difference & 0xFF00) == 0 ? gradient.Y : 0f;
                sum.Z += (difference & 0xFF0000) == 0 ? gradient.Z : 0f;
                sum.W += (difference & 0xFF000000) == 0 ? gradient.W : 0f;
            }
        TElements.Write(gradInput, index, sum);
    }

    /// <summary>Keeps the greater value, the first of equal ones, and a NaN rather than any number.</summary>
    private static void Take(ref float maximum, ref int position, float value, int candidate)
    {
        // Only a NaN differs from itself.
#pragma warning disable CS1718
        bool takes = value > maximum | value != value;
#pragma warning restore CS1718
        maximum = takes ? value : maximum;
        position = takes ? candidate : position;
    }

    // As MaxPoolingShape.FirstWindowRow and EndWindowRow, which divide.

    private static int FirstWindow(int padded, int window, FastDivisor byStride) =>
        padded < window ? 0 : byStride.Divide(padded - window, out _) + 1;

    private static int EndWindow(int padded, int windows, FastDivisor byStride) =>
        Math.Min(windows, byStride.Divide(padded, out _) + 1);
}
