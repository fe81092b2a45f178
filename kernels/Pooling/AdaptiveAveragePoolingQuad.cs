using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Adaptive average pooling on a GPU: four channels of a pixel per index.</summary>
internal static class AdaptiveAveragePoolingQuad
{
    /// <summary>Four outputs: the means of a window.</summary>
    public static void Forward<TElements>(
        Index1D index, ArrayView<float> output, ArrayView<float> input, AdaptiveAveragePoolingShape shape,
        QuadGrid grid)
        where TElements : struct, ITensorElements
    {
        int n = grid.Divide(index, out int p, out int q, out int quad);
        int endRow = shape.EndRow(p), firstColumn = shape.FirstColumn(q), endColumn = shape.EndColumn(q);
        Float4 sum = default;
        for (int h = shape.FirstRow(p); h < endRow; h++)
        {
            // One partial sum per row keeps the rounding error of large windows small.
            Float4 row = default;
            for (int w = firstColumn; w < endColumn; w++)
                row += TElements.Read(input, ((n * shape.H + h) * shape.W + w) * grid.Quads + quad);
            sum += row;
        }
        output.Cast<Float4>()[index] = sum / shape.WindowSize(p, q);
    }

    /// <summary>
    /// Four elements of <c>gradInput</c>: their shares of the gradient of every window that holds the pixel.
    /// </summary>
    public static void Backward<TElements>(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, AdaptiveAveragePoolingShape shape,
        QuadGrid grid)
        where TElements : struct, ITensorElements
    {
        int n = grid.Divide(index, out int h, out int w, out int quad);
        ArrayView<Float4> gradients = gradOutput.Cast<Float4>();
        int endRow = shape.EndWindowRow(h), firstColumn = shape.FirstWindowColumn(w);
        int endColumn = shape.EndWindowColumn(w);
        Float4 sum = default;
        for (int p = shape.FirstWindowRow(h); p < endRow; p++)
            for (int q = firstColumn; q < endColumn; q++)
                sum += gradients[((n * shape.P + p) * shape.Q + q) * grid.Quads + quad] / shape.WindowSize(p, q);
        TElements.Write(gradInput, index, sum);
    }
}
