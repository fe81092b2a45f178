using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>
/// The linear layer on the CPU straight over the weights: for small batches, and for the gradient of the weights in
/// any.
/// </summary>
/// <remarks>
/// With few rows in the batch each weight is used a few times only: VGG16's first linear layer has 411 MB of them.
/// Every pass goes over the weights (or their gradient) once, in the order in which they lie in memory; tiles of four
/// rows of one factor by two of the other, eight sums in registers, keep the arithmetic ahead of the memory.
/// </remarks>
[SkipLocalsInit]
internal static unsafe class LinearVector
{
    /// <summary>
    /// Output features that an index of <see cref="Forward"/> and <see cref="BackwardWeights"/> computes.
    /// </summary>
    public const int OutputsPerIndex = 4;

    /// <summary>
    /// Input features that are taken at a time, and that an index of <see cref="BackwardData"/> computes: 4 kB, a page
    /// of each row of the weights.
    /// </summary>
    public const int InputsPerIndex = 1024;

    /// <summary>Some columns of <c>output = input · weightsᵀ + bias</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias,
        LinearShape shape)
    {
        float* sums = stackalloc float[2 * OutputsPerIndex];
        int k = index * OutputsPerIndex, outputs = Math.Min(OutputsPerIndex, shape.Out - k);
        for (int first = 0; first < shape.In; first += InputsPerIndex)
        {
            int count = Math.Min(InputsPerIndex, shape.In - first);
            float* w = weights.Pointer() + (long)k * shape.In + first;
            for (int n = 0; n < shape.N; n += 2)
            {
                // Rows and outputs beyond the last are computed as copies of the last, rather than by other code.
                int rows = Math.Min(2, shape.N - n);
                float* x = input.Pointer() + (long)n * shape.In + first;
                Dots(
                    sums, x, x + (rows - 1) * (long)shape.In,
                    w, w + Math.Min(1, outputs - 1) * (long)shape.In, w + Math.Min(2, outputs - 1) * (long)shape.In,
                    w + (outputs - 1) * (long)shape.In, count);
                for (int row = 0; row < rows; row++)
                {
                    float* result = output.Pointer() + (long)(n + row) * shape.Out + k;
                    for (int i = 0; i < outputs; i++)
                    {
                        float start = first > 0 ? result[i] : bias.Length > 0 ? bias.Pointer()[k + i] : 0;
                        result[i] = start + sums[row * OutputsPerIndex + i];
                    }
                }
            }
        }
    }

    /// <summary>Some columns of <c>gradInput = gradOutput · weights</c>.</summary>
    public static void BackwardData(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> weights,
        LinearShape shape)
    {
        float* unused = stackalloc float[InputsPerIndex], zeros = stackalloc float[InputsPerIndex];
        new Span<float>(zeros, InputsPerIndex).Clear();
        int first = index * InputsPerIndex, count = Math.Min(InputsPerIndex, shape.In - first);
        for (int n = 0; n < shape.N; n++)
            new Span<float>(gradInput.Pointer() + (long)n * shape.In + first, count).Clear();
        for (int k = 0; k < shape.Out; k += 4)
        {
            var rows = new RowsOfFour(weights.Pointer() + (long)k * shape.In + first, shape.In, shape.Out - k, zeros);
            for (int n = 0; n < shape.N; n += 2)
            {
                float* sum = gradInput.Pointer() + (long)n * shape.In + first;
                float* dy = gradOutput.Pointer() + (long)n * shape.Out + k;
                bool isPair = n + 1 < shape.N;
                rows.AddTo(sum, isPair ? sum + shape.In : unused, dy, isPair ? dy + shape.Out : dy, 1, count);
            }
        }
    }

    /// <summary>Some rows of <c>gradWeights = gradOutputᵀ · input</c>.</summary>
    public static void BackwardWeights(
        Index1D index, ArrayView<float> gradWeights, ArrayView<float> gradOutput, ArrayView<float> input,
        LinearShape shape)
    {
        float* unused = stackalloc float[InputsPerIndex], zeros = stackalloc float[InputsPerIndex];
        new Span<float>(zeros, InputsPerIndex).Clear();
        int firstOutput = index * OutputsPerIndex, endOutput = Math.Min(firstOutput + OutputsPerIndex, shape.Out);
        for (int first = 0; first < shape.In; first += InputsPerIndex)
        {
            int count = Math.Min(InputsPerIndex, shape.In - first);
            for (int k = firstOutput; k < endOutput; k += 2)
            {
                bool isPair = k + 1 < endOutput;
                float* sum = gradWeights.Pointer() + (long)k * shape.In + first;
                float* sum1 = isPair ? sum + shape.In : unused;
                new Span<float>(sum, count).Clear();
                new Span<float>(sum1, count).Clear();
                for (int n = 0; n < shape.N; n += 4)
                {
                    var rows = new RowsOfFour(
                        input.Pointer() + (long)n * shape.In + first, shape.In, shape.N - n, zeros);
                    float* dy = gradOutput.Pointer() + (long)n * shape.Out + k;
                    rows.AddTo(sum, sum1, dy, isPair ? dy + 1 : dy, shape.Out, count);
                }
            }
        }
    }

    /// <summary>The dot products of two rows with four: the first row's, then the second's.</summary>
    private static void Dots(float* sums, float* x0, float* x1, float* w0, float* w1, float* w2, float* w3, int count)
    {
        Vector<float> sum00 = default, sum01 = default, sum02 = default, sum03 = default, sum10 = default;
        Vector<float> sum11 = default, sum12 = default, sum13 = default;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> a = Vector.Load(x0 + i), b = Vector.Load(x1 + i), weight = Vector.Load(w0 + i);
            sum00 = Vector.MultiplyAddEstimate(weight, a, sum00);
            sum10 = Vector.MultiplyAddEstimate(weight, b, sum10);
            weight = Vector.Load(w1 + i);
            sum01 = Vector.MultiplyAddEstimate(weight, a, sum01);
            sum11 = Vector.MultiplyAddEstimate(weight, b, sum11);
            weight = Vector.Load(w2 + i);
            sum02 = Vector.MultiplyAddEstimate(weight, a, sum02);
            sum12 = Vector.MultiplyAddEstimate(weight, b, sum12);
            weight = Vector.Load(w3 + i);
            sum03 = Vector.MultiplyAddEstimate(weight, a, sum03);
            sum13 = Vector.MultiplyAddEstimate(weight, b, sum13);
        }
        (sums[0], sums[1], sums[2], sums[3]) =
            (Vector.Sum(sum00), Vector.Sum(sum01), Vector.Sum(sum02), Vector.Sum(sum03));
        (sums[4], sums[5], sums[6], sums[7]) =
            (Vector.Sum(sum10), Vector.Sum(sum11), Vector.Sum(sum12), Vector.Sum(sum13));
        for (; i < count; i++)
        {
            for (int row = 0; row < 2; row++)
            {
                float x = row == 0 ? x0[i] : x1[i];
                sums[4 * row] += w0[i] * x;
                sums[4 * row + 1] += w1[i] * x;
                sums[4 * row + 2] += w2[i] * x;
                sums[4 * row + 3] += w3[i] * x;
            }
        }
    }

    /// <summary>Up to four rows of a matrix, weighted and added to two sums.</summary>
    private readonly struct RowsOfFour(float* first, int stride, int left, float* zeros)
    {
        /// <summary><c>sum0 += Σ a[i · step] rows[i]</c> and <c>sum1 += Σ b[i · step] rows[i]</c></summary>
        public void AddTo(float* sum0, float* sum1, float* a, float* b, int step, int count)
        {
            // Rows beyond the last are zeros. Another row times zero would not do: it may hold an infinity.
            float* x0 = first, x1 = left > 1 ? first + stride : zeros;
            float* x2 = left > 2 ? first + 2L * stride : zeros, x3 = left > 3 ? first + 3L * stride : zeros;
            (float a0, float a1, float a2, float a3) =
                (a[0], left > 1 ? a[step] : 0, left > 2 ? a[2 * step] : 0, left > 3 ? a[3 * step] : 0);
            (float b0, float b1, float b2, float b3) =
                (b[0], left > 1 ? b[step] : 0, left > 2 ? b[2 * step] : 0, left > 3 ? b[3 * step] : 0);
            Vector<float> va0 = new(a0), va1 = new(a1), va2 = new(a2), va3 = new(a3), vb0 = new(b0), vb1 = new(b1);
            Vector<float> vb2 = new(b2), vb3 = new(b3);
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> x = Vector.Load(x0 + i), s0 = Vector.MultiplyAddEstimate(va0, x, Vector.Load(sum0 + i));
                Vector<float> s1 = Vector.MultiplyAddEstimate(vb0, x, Vector.Load(sum1 + i));
                x = Vector.Load(x1 + i);
                s0 = Vector.MultiplyAddEstimate(va1, x, s0);
                s1 = Vector.MultiplyAddEstimate(vb1, x, s1);
                x = Vector.Load(x2 + i);
                s0 = Vector.MultiplyAddEstimate(va2, x, s0);
                s1 = Vector.MultiplyAddEstimate(vb2, x, s1);
                x = Vector.Load(x3 + i);
                Vector.MultiplyAddEstimate(va3, x, s0).Store(sum0 + i);
                Vector.MultiplyAddEstimate(vb3, x, s1).Store(sum1 + i);
            }
            for (; i < count; i++)
            {
                sum0[i] += a0 * x0[i] + a1 * x1[i] + a2 * x2[i] + a3 * x3[i];
                sum1[i] += b0 * x0[i] + b1 * x1[i] + b2 * x2[i] + b3 * x3[i];
            }
        }
    }
}
