using IlgpuCxr.Layers;
using PyTorchLayout = IlgpuCxr.Models.PyTorchLayout;

namespace IlgpuCxr.Tests.Models;

/// <summary>The elements of a whole parameter in the other order.</summary>
internal static class Reordered
{
    public static float[] ToPyTorch(Parameter parameter, ReadOnlySpan<float> values)
    {
        var reordered = new float[values.Length];
        PyTorchLayout.ToPyTorch(parameter, values, reordered);
        return reordered;
    }

    public static float[] FromPyTorch(Parameter parameter, ReadOnlySpan<float> values)
    {
        var reordered = new float[values.Length];
        PyTorchLayout.FromPyTorch(parameter, values, reordered);
        return reordered;
    }
}
