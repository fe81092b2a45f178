using ILGPU;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The convolution as the simplest possible kernels: one output per index, nothing shared, nothing reused.
/// </summary>
/// <remarks>
/// They teach, they run every shape on every device, and the fast kernels are compared with them. What lies in the
/// padding is left out; the fast kernels multiply zeros there, so with an infinite weight or gradient they have NaN
/// (0 · ∞) at borders where these have finite numbers.
/// </remarks>
internal static class ConvolutionNaive
{
    /// <summary>One output of <c>output = act(input ⋆ weights + bias)</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias,
        int relu, ConvolutionShape shape)
    {
        int k = index % shape.K, q = index / shape.K % shape.Q, p = index / shape.K / shape.Q % shape.P;
        int n = index / shape.K / shape.Q / shape.P;
        float sum = bias.Length > 0 ? bias[k] : 0;
        for (int r = 0; r < shape.R; r++)
            for (int s = 0; s < shape.S; s++)
            {
                int h = p * shape.Stride - shape.Padding + r, w = q * shape.Stride - shape.Padding + s;
                if (h < 0 || h >= shape.H || w < 0 || w >= shape.W)
                    continue;
                int pixel = ((n * shape.H + h) * shape.W + w) * shape.C;
                int tap = ((k * shape.R + r) * shape.S + s) * shape.C;
                for (int c = 0; c < shape.C; c++)
                    sum += input[pixel + c] * weights[tap + c];
            }
        output[index] = relu != 0 && sum <= 0 ? 0 : sum;
    }

    /// <summary>One element of <c>gradInput</c>: the outputs that this input went into, each with its weight.</summary>
    public static void BackwardData(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> weights,
        int accumulate, ArrayView<float> activation, ConvolutionShape shape)
    {
        int c = index % shape.C, w = index / shape.C % shape.W, h = index / shape.C / shape.W % shape.H;
        int n = index / shape.C / shape.W / shape.H;
        float sum = accumulate != 0 ? gradInput[index] : 0;
        for (int r = 0; r < shape.R; r++)
            for (int s = 0; s < shape.S; s++)
            {
                int top = h + shape.Padding - r, left = w + shape.Padding - s;
                if (top < 0 || left < 0 || top % shape.Stride != 0 || left % shape.Stride != 0)
                    continue;
                int p = top / shape.Stride, q = left / shape.Stride;
                if (p >= shape.P || q >= shape.Q)
                    continue;
                int pixel = ((n * shape.P + p) * shape.Q + q) * shape.K, tap = (r * shape.S + s) * shape.C + c;
                int pitch = shape.R * shape.S * shape.C;
                for (int k = 0; k < shape.K; k++)
                    sum += gradOutput[pixel + k] * weights[k * pitch + tap];
            }
        gradInput[index] = activation.Length > 0 && activation[index] <= 0 ? 0 : sum;
    }

    /// <summary>
    /// One element of <c>gradWeights</c>: every output that this weight went into, each with its input.
    /// </summary>
    public static void BackwardWeights(
        Index1D index, ArrayView<float> gradWeights, ArrayView<float> gradOutput, ArrayView<float> input,
        ConvolutionShape shape)
    {
        int c = index % shape.C, s = index / shape.C % shape.S, r = index / shape.C / shape.S % shape.R;
        int k = index / shape.C / shape.S / shape.R;
        float sum = 0;
        for (int n = 0; n < shape.N; n++)
            for (int p = 0; p < shape.P; p++)
            {
                int h = p * shape.Stride - shape.Padding + r;
                if (h < 0 || h >= shape.H)
                    continue;
                // One partial sum per row keeps the rounding error of these long sums small.
                float row = 0;
                for (int q = 0; q < shape.Q; q++)
                {
                    int w = q * shape.Stride - shape.Padding + s;
                    if (w < 0 || w >= shape.W)
                        continue;
                    int output = ((n * shape.P + p) * shape.Q + q) * shape.K + k;
                    row += gradOutput[output] * input[((n * shape.H + h) * shape.W + w) * shape.C + c];
                }
                sum += row;
            }
        gradWeights[index] = sum;
    }

    /// <summary>One element of <c>gradBias</c>: the sum of its channel's output gradients.</summary>
    public static void BackwardBias(
        Index1D index, ArrayView<float> gradBias, ArrayView<float> gradOutput, ConvolutionShape shape)
    {
        float sum = 0;
        for (int row = 0; row < shape.N * shape.P; row++)
        {
            float partial = 0;
            for (int q = 0; q < shape.Q; q++)
                partial += gradOutput[(row * shape.Q + q) * shape.K + index];
            sum += partial;
        }
        gradBias[index] = sum;
    }
}
