using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Gradient centralization on the CPU, one row per index.</summary>
internal static unsafe class GradientCentralizationVector
{
    /// <summary>A row's mean, taken from it.</summary>
    public static void Step(Index1D row, ArrayView<float> gradients, int length)
    {
        float* gradient = gradients.Pointer() + (long)row.X * length;
        int whole = length - length % Vector<float>.Count;
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < whole; i += Vector<float>.Count)
            sums += Vector.Load(gradient + i);
        float sum = Vector.Sum(sums);
        for (int i = whole; i < length; i++)
            sum += gradient[i];
        var mean = new Vector<float>(sum / length);
        // The next row begins where this one ends, so that the last vector may not be written whole.
        for (int i = 0; i < length; i += Vector<float>.Count)
            (Vector.Load(gradient + i) - mean).Store(gradient + i, length - i);
    }
}
