using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>
/// Maximum pooling on the CPU: a vector holds neighbouring channels of a pixel, an index is a row of pixels.
/// </summary>
internal static unsafe class MaxPoolingVector
{
    /// <summary>One row of outputs, <c>index = n·P + p</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<int> indices, ArrayView<float> input, int masks,
        MaxPoolingShape shape)
    {
        int p = index % shape.P, n = index / shape.P, channels = shape.C;
        float* x = input.Pointer(), y = output.Pointer() + (long)index.X * shape.Q * channels;
        int* pixels = indices.Pointer();
        int firstRow = shape.FirstRow(p), endRow = shape.EndRow(p);
        for (int q = 0; q < shape.Q; q++, y += channels)
        {
            int firstColumn = shape.FirstColumn(q), endColumn = shape.EndColumn(q);
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                var maximum = new Vector<float>(float.NegativeInfinity);
                var maximumPixel = new Vector<int>((n * shape.H + firstRow) * shape.W + firstColumn);
                for (int h = firstRow; h < endRow; h++)
                {
                    int pixel = (n * shape.H + h) * shape.W + firstColumn;
                    for (int w = firstColumn; w < endColumn; w++, pixel++)
                    {
                        Vector<float> value = Vector.Load(x + (long)pixel * channels + c);
                        // Strictly greater keeps the first maximum; only a NaN differs from itself, and it wins as in
                        // PyTorch.
                        Vector<int> wins = Vector.GreaterThan(value, maximum) | ~Vector.Equals(value, value);
                        maximum = Vector.ConditionalSelect(wins, value, maximum);
                        maximumPixel = Vector.ConditionalSelect(wins, new Vector<int>(pixel), maximumPixel);
                    }
                }
                maximum.Store(y + c, channels - c);
                if (masks != 0)
                    maximumPixel |= Vector.LessThanOrEqual(maximum, Vector<float>.Zero);
                if (pixels != null)
                    Vector.AsVectorSingle(maximumPixel).Store(
                        (float*)pixels + ((long)index.X * shape.Q + q) * channels + c, channels - c);
            }
        }
    }

    /// <summary>
    /// One row of <c>gradInput</c>, <c>index = n·H + h</c>: every window that holds a pixel is asked whether it was the
    /// maximum.
    /// </summary>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<int> indices,
        MaxPoolingShape shape)
    {
        int h = index % shape.H, n = index / shape.H, channels = shape.C;
        float* dx = gradInput.Pointer() + (long)index.X * shape.W * channels, dy = gradOutput.Pointer();
        int* pixels = indices.Pointer();
        int firstRow = shape.FirstWindowRow(h), endRow = shape.EndWindowRow(h);
        for (int w = 0; w < shape.W; w++, dx += channels)
        {
            var pixel = new Vector<int>(index * shape.W + w);
            int firstColumn = shape.FirstWindowColumn(w), endColumn = shape.EndWindowColumn(w);
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> sum = default;
                for (int p = firstRow; p < endRow; p++)
                    for (int q = firstColumn; q < endColumn; q++)
                    {
                        long at = ((long)(n * shape.P + p) * shape.Q + q) * channels + c;
                        Vector<int> mine = Vector.Equals(Vector.Load(pixels + at), pixel);
                        sum += Vector.ConditionalSelect(mine, Vector.Load(dy + at), default);
                    }
                sum.Store(dx + c, channels - c);
            }
        }
    }
}
