using ILGPU;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Adaptive average pooling as the simplest possible kernels: one output per index.</summary>
internal static class AdaptiveAveragePoolingNaive
{
    /// <summary>One output: the mean of its window.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, AdaptiveAveragePoolingShape shape)
    {
        int c = index % shape.C, q = index / shape.C % shape.Q, p = index / shape.C / shape.Q % shape.P;
        int n = index / shape.C / shape.Q / shape.P;
        float sum = 0;
        for (int h = shape.FirstRow(p); h < shape.EndRow(p); h++)
        {
            // One partial sum per row keeps the rounding error of large windows small.
            float row = 0;
            for (int w = shape.FirstColumn(q); w < shape.EndColumn(q); w++)
                row += input[((n * shape.H + h) * shape.W + w) * shape.C + c];
            sum += row;
        }
        output[index] = sum / shape.WindowSize(p, q);
    }

    /// <summary>One element of <c>gradInput</c>: its share of the gradient of every window that holds it.</summary>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, AdaptiveAveragePoolingShape shape)
    {
        int c = index % shape.C, w = index / shape.C % shape.W, h = index / shape.C / shape.W % shape.H;
        int n = index / shape.C / shape.W / shape.H;
        float sum = 0;
        for (int p = shape.FirstWindowRow(h); p < shape.EndWindowRow(h); p++)
            for (int q = shape.FirstWindowColumn(w); q < shape.EndWindowColumn(w); q++)
                sum += gradOutput[((n * shape.P + p) * shape.Q + q) * shape.C + c] / shape.WindowSize(p, q);
        gradInput[index] = sum;
    }
}
