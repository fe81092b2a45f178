using ILGPU;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Maximum pooling as the simplest possible kernels: one output per index.</summary>
internal static class MaxPoolingNaive
{
    /// <summary>One output: the maximum of its window, and its position there.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<byte> positions, ArrayView<float> input, int masks,
        MaxPoolingShape shape)
    {
        int c = index % shape.C, q = index / shape.C % shape.Q, p = index / shape.C / shape.Q % shape.P;
        int n = index / shape.C / shape.Q / shape.P;
        int position = shape.Position(p, q, shape.FirstRow(p), shape.FirstColumn(q));
        float maximum = float.NegativeInfinity;
        for (int h = shape.FirstRow(p); h < shape.EndRow(p); h++)
            for (int w = shape.FirstColumn(q); w < shape.EndColumn(q); w++)
            {
                float value = input[((n * shape.H + h) * shape.W + w) * shape.C + c];
                // Strictly greater keeps the first maximum; only a NaN differs from itself, and it wins as in PyTorch.
#pragma warning disable CS1718
                if (value > maximum || value != value)
#pragma warning restore CS1718
                {
                    maximum = value;
                    position = shape.Position(p, q, h, w);
                }
            }
        output[index] = maximum;
        if (positions.Length > 0)
            positions[index] = (byte)(masks != 0 && maximum <= 0 ? MaxPoolingShape.NoPosition : position);
    }

    /// <summary>One element of <c>gradInput</c>: the gradients of the windows whose maximum this input was.</summary>
    /// <remarks>
    /// Asking every window that holds the input needs no atomic additions, so overlapping windows sum in a fixed order.
    /// </remarks>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<byte> positions,
        MaxPoolingShape shape)
    {
        int c = index % shape.C, w = index / shape.C % shape.W, h = index / shape.C / shape.W % shape.H;
        int n = index / shape.C / shape.W / shape.H;
        float sum = 0;
        for (int p = shape.FirstWindowRow(h); p < shape.EndWindowRow(h); p++)
            for (int q = shape.FirstWindowColumn(w); q < shape.EndWindowColumn(w); q++)
            {
                int at = ((n * shape.P + p) * shape.Q + q) * shape.C + c;
                if (positions[at] == shape.Position(p, q, h, w))
                    sum += gradOutput[at];
            }
        gradInput[index] = sum;
    }
}
