using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>The linear layer of a small batch on the CPU.</summary>
/// <remarks>
/// With few rows in the batch each weight is used a few times only, and reading the weights is all that costs: VGG16's first linear layer has 411 MB of
/// them. Every pass goes over the weights (or their gradient) once, in the order in which they lie in memory, four rows of the
/// batch or four rows of the weights at a time.
/// </remarks>
[SkipLocalsInit]
internal static unsafe class LinearVector
{
    /// <summary>Output features that an index of <see cref="Forward"/> and <see cref="BackwardWeights"/> computes.</summary>
    public const int OutputsAnIndex = 8;

    /// <summary>Input features that an index of <see cref="BackwardData"/> computes: 4 kB, a page of each row of the weights.</summary>
    public const int InputsAnIndex = 1024;

    /// <summary>Some columns of <c>output = input · weightsᵀ + bias</c>.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias, LinearShape shape)
    {
        float* sums = stackalloc float[4];
        int first = index * OutputsAnIndex;
        for (int k = first; k < Math.Min(first + OutputsAnIndex, shape.Out); k++)
        {
            float* w = weights.Pointer() + (long)k * shape.In;
            float shift = bias.Length > 0 ? bias.Pointer()[k] : 0;
            for (int n = 0; n < shape.N; n += 4)
            {
                // The last rows of the batch may be computed twice rather than by other code.
                int rows = Math.Min(4, shape.N - n);
                float* x = input.Pointer() + (long)n * shape.In;
                Dots(sums, w, x, x + Math.Min(1, rows - 1) * (long)shape.In, x + Math.Min(2, rows - 1) * (long)shape.In, x + (rows - 1) * (long)shape.In, shape.In);
                for (int row = 0; row < rows; row++)
                    output.Pointer()[(long)(n + row) * shape.Out + k] = sums[row] + shift;
            }
        }
    }

    /// <summary>Some columns of <c>gradInput = gradOutput · weights</c>.</summary>
    public static void BackwardData(Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> weights, LinearShape shape)
    {
        int first = index * InputsAnIndex, count = Math.Min(InputsAnIndex, shape.In - first);
        for (int n = 0; n < shape.N; n++)
            new Span<float>(gradInput.Pointer() + (long)n * shape.In + first, count).Clear();
        for (int k = 0; k < shape.Out; k += 4)
        {
            // Rows beyond the last count as rows times zero.
            int rows = Math.Min(4, shape.Out - k);
            float* w = weights.Pointer() + (long)k * shape.In + first;
            float* w1 = w + Math.Min(1, rows - 1) * (long)shape.In, w2 = w + Math.Min(2, rows - 1) * (long)shape.In, w3 = w + (rows - 1) * (long)shape.In;
            for (int n = 0; n < shape.N; n++)
            {
                float* dy = gradOutput.Pointer() + (long)n * shape.Out + k;
                AddRows(
                    gradInput.Pointer() + (long)n * shape.In + first, w, w1, w2, w3,
                    dy[0], rows > 1 ? dy[1] : 0, rows > 2 ? dy[2] : 0, rows > 3 ? dy[3] : 0, count);
            }
        }
    }

    /// <summary>Some rows of <c>gradWeights = gradOutputᵀ · input</c>.</summary>
    public static void BackwardWeights(Index1D index, ArrayView<float> gradWeights, ArrayView<float> gradOutput, ArrayView<float> input, LinearShape shape)
    {
        int firstOutput = index * OutputsAnIndex, endOutput = Math.Min(firstOutput + OutputsAnIndex, shape.Out);
        for (int first = 0; first < shape.In; first += InputsAnIndex)
        {
            int count = Math.Min(InputsAnIndex, shape.In - first);
            for (int k = firstOutput; k < endOutput; k++)
            {
                float* sum = gradWeights.Pointer() + (long)k * shape.In + first;
                new Span<float>(sum, count).Clear();
                for (int n = 0; n < shape.N; n += 4)
                {
                    int rows = Math.Min(4, shape.N - n);
                    float* x = input.Pointer() + (long)n * shape.In + first, dy = gradOutput.Pointer() + (long)n * shape.Out + k;
                    AddRows(
                        sum, x, x + Math.Min(1, rows - 1) * (long)shape.In, x + Math.Min(2, rows - 1) * (long)shape.In, x + (rows - 1) * (long)shape.In,
                        dy[0], rows > 1 ? dy[shape.Out] : 0, rows > 2 ? dy[2 * shape.Out] : 0, rows > 3 ? dy[3 * shape.Out] : 0, count);
                }
            }
        }
    }

    /// <summary>The dot products of <paramref name="w"/> with four rows.</summary>
    private static void Dots(float* sums, float* w, float* x0, float* x1, float* x2, float* x3, int count)
    {
        Vector<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> weight = Vector.Load(w + i);
            sum0 = Vector.MultiplyAddEstimate(weight, Vector.Load(x0 + i), sum0);
            sum1 = Vector.MultiplyAddEstimate(weight, Vector.Load(x1 + i), sum1);
            sum2 = Vector.MultiplyAddEstimate(weight, Vector.Load(x2 + i), sum2);
            sum3 = Vector.MultiplyAddEstimate(weight, Vector.Load(x3 + i), sum3);
        }
        (sums[0], sums[1], sums[2], sums[3]) = (Vector.Sum(sum0), Vector.Sum(sum1), Vector.Sum(sum2), Vector.Sum(sum3));
        for (; i < count; i++)
        {
            sums[0] += w[i] * x0[i];
            sums[1] += w[i] * x1[i];
            sums[2] += w[i] * x2[i];
            sums[3] += w[i] * x3[i];
        }
    }

    /// <summary><c>sum += a0 x0 + a1 x1 + a2 x2 + a3 x3</c></summary>
    private static void AddRows(float* sum, float* x0, float* x1, float* x2, float* x3, float a0, float a1, float a2, float a3, int count)
    {
        int i = 0;
        Vector<float> v0 = new(a0), v1 = new(a1), v2 = new(a2), v3 = new(a3);
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> even = Vector.MultiplyAddEstimate(v0, Vector.Load(x0 + i), Vector.Load(sum + i));
            Vector<float> odd = Vector.MultiplyAddEstimate(v1, Vector.Load(x1 + i), v2 * Vector.Load(x2 + i));
            Vector.MultiplyAddEstimate(v3, Vector.Load(x3 + i), even + odd).Store(sum + i);
        }
        for (; i < count; i++)
            sum[i] += a0 * x0[i] + a1 * x1[i] + a2 * x2[i] + a3 * x3[i];
    }
}
