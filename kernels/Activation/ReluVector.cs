using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>The ReLU on the CPU, one chunk an index.</summary>
internal static unsafe class ReluVector
{
    /// <summary>A chunk of <c>output = max(0, input)</c>.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> input)
    {
        (long first, int count) = Chunks.Range(index, output.Length);
        float* y = output.Pointer() + first, x = input.Pointer() + first;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Max(Vector.Load(x + i), Vector<float>.Zero).Store(y + i);
        for (; i < count; i++)
            y[i] = x[i] > 0 ? x[i] : 0;
    }

    /// <summary>A chunk of <c>gradInput</c>.</summary>
    public static void Backward(Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output)
    {
        (long first, int count) = Chunks.Range(index, output.Length);
        float* dx = gradInput.Pointer() + first, dy = gradOutput.Pointer() + first, y = output.Pointer() + first;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<int> positive = Vector.GreaterThan(Vector.Load(y + i), Vector<float>.Zero);
            Vector.ConditionalSelect(positive, Vector.Load(dy + i), Vector<float>.Zero).Store(dx + i);
        }
        for (; i < count; i++)
            dx[i] = y[i] > 0 ? dy[i] : 0;
    }
}
