using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>The border between this library's order of elements and PyTorch's.</summary>
public static class PyTorchLayout
{
    /// <summary>Elements of a parameter in PyTorch's order from this library's.</summary>
    public static float[] ToPyTorch(Parameter parameter, ReadOnlySpan<float> values) => Reorder(parameter, values, toPyTorch: true);

    /// <summary>Elements of a parameter in this library's order from PyTorch's.</summary>
    public static float[] FromPyTorch(Parameter parameter, ReadOnlySpan<float> values) => Reorder(parameter, values, toPyTorch: false);

    private static float[] Reorder(Parameter parameter, ReadOnlySpan<float> values, bool toPyTorch)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (parameter.Layout is ParameterLayout.Vector or ParameterLayout.Matrix)
            return values.ToArray();

        var reordered = new float[values.Length];
        (int outChannels, int rows, int columns, int channels) = parameter.Shape;
        int window = rows * columns;
        for (int k = 0; k < outChannels; k++)
        {
            for (int tap = 0; tap < window; tap++)
            {
                for (int c = 0; c < channels; c++)
                {
                    int here = (k * window + tap) * channels + c, there = (k * channels + c) * window + tap;
                    if (toPyTorch)
                        reordered[there] = values[here];
                    else
                        reordered[here] = values[there];
                }
            }
        }
        return reordered;
    }
}
