using ILGPU;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Maximum pooling as the simplest possible kernels: one output per index.</summary>
internal static class MaxPoolingNaive
{
    /// <summary>One output: the maximum of its window, and the pixel that holds it.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<int> indices, ArrayView<float> input, int masks,
        MaxPoolingShape shape)
    {
        int c = index % shape.C, q = index / shape.C % shape.Q, p = index / shape.C / shape.Q % shape.P;
        int n = index / shape.C / shape.Q / shape.P;
        int maximumPixel = (n * shape.H + shape.FirstRow(p)) * shape.W + shape.FirstColumn(q);
        float maximum = float.NegativeInfinity;
        for (int h = shape.FirstRow(p); h < shape.EndRow(p); h++)
            for (int w = shape.FirstColumn(q); w < shape.EndColumn(q); w++)
            {
                int pixel = (n * shape.H + h) * shape.W + w;
                float value = input[pixel * shape.C + c];
                // Strictly greater keeps the first maximum; only a NaN differs from itself, and it wins as in PyTorch.
#pragma warning disable CS1718
                if (value > maximum || value != value)
#pragma warning restore CS1718
                {
                    maximum = value;
                    maximumPixel = pixel;
                }
            }
        output[index] = maximum;
        if (indices.Length > 0)
            indices[index] = masks != 0 && maximum <= 0 ? -1 : maximumPixel;
    }

    /// <summary>One element of <c>gradInput</c>: the gradients of the windows whose maximum this input was.</summary>
    /// <remarks>
    /// Asking every window that holds the input needs no atomic additions, so overlapping windows sum in a fixed order.
    /// </remarks>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<int> indices,
        MaxPoolingShape shape)
    {
        int c = index % shape.C, w = index / shape.C % shape.W, h = index / shape.C / shape.W % shape.H;
        int n = index / shape.C / shape.W / shape.H;
        int pixel = index / shape.C;
        float sum = 0;
        for (int p = shape.FirstWindowRow(h); p < shape.EndWindowRow(h); p++)
            for (int q = shape.FirstWindowColumn(w); q < shape.EndWindowColumn(w); q++)
            {
                int at = ((n * shape.P + p) * shape.Q + q) * shape.C + c;
                if (indices[at] == pixel)
                    sum += gradOutput[at];
            }
        gradInput[index] = sum;
    }
}
