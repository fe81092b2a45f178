using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Adaptive average pooling on the CPU: a vector holds neighbouring channels of a pixel.</summary>
internal static unsafe class AdaptiveAveragePoolingVector
{
    /// <summary>
    /// One output pixel, <c>index = (n·P + p)·Q + q</c>: with an output of 1x1 a row would be too much for one index.
    /// </summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, AdaptiveAveragePoolingShape shape)
    {
        int q = index % shape.Q, p = index / shape.Q % shape.P, n = index / shape.Q / shape.P, channels = shape.C;
        float* x = input.Pointer(), y = output.Pointer() + (long)index.X * channels;
        int firstRow = shape.FirstRow(p), endRow = shape.EndRow(p), firstColumn = shape.FirstColumn(q);
        int endColumn = shape.EndColumn(q);
        var size = new Vector<float>(shape.WindowSize(p, q));
        for (int c = 0; c < channels; c += Vector<float>.Count)
        {
            Vector<float> sum = default;
            for (int h = firstRow; h < endRow; h++)
            {
                // One partial sum per row keeps the rounding error of large windows small.
                Vector<float> row = default;
                for (int w = firstColumn; w < endColumn; w++)
                    row += Vector.Load(x + ((long)(n * shape.H + h) * shape.W + w) * channels + c);
                sum += row;
            }
            (sum / size).Store(y + c, channels - c);
        }
    }

    /// <summary>One row of <c>gradInput</c>, <c>index = n·H + h</c>.</summary>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, AdaptiveAveragePoolingShape shape)
    {
        int h = index % shape.H, n = index / shape.H, channels = shape.C;
        float* dx = gradInput.Pointer() + (long)index.X * shape.W * channels, dy = gradOutput.Pointer();
        int firstRow = shape.FirstWindowRow(h), endRow = shape.EndWindowRow(h);
        for (int w = 0; w < shape.W; w++, dx += channels)
        {
            int firstColumn = shape.FirstWindowColumn(w), endColumn = shape.EndWindowColumn(w);
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> sum = default;
                for (int p = firstRow; p < endRow; p++)
                    for (int q = firstColumn; q < endColumn; q++)
                        sum += Vector.Load(
                            dy + ((long)(n * shape.P + p) * shape.Q + q) * channels
                            + c) / new Vector<float>(shape.WindowSize(p, q));
                sum.Store(dx + c, channels - c);
            }
        }
    }
}
