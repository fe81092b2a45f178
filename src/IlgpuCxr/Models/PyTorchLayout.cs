using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>The border between this library's order of elements and PyTorch's.</summary>
public static class PyTorchLayout
{
    /// <summary>Elements of a parameter, or of some of its outputs, in PyTorch's order from this library's.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="values">The elements of any number of neighbouring outputs.</param>
    /// <param name="reordered">As many, not the same memory.</param>
    public static void ToPyTorch(Parameter parameter, ReadOnlySpan<float> values, Span<float> reordered) =>
        Reorder(parameter, values, reordered, toPyTorch: true);

    /// <summary>Elements of a parameter, or of some of its outputs, in this library's order from PyTorch's.</summary>
    /// <inheritdoc cref="ToPyTorch"/>
    public static void FromPyTorch(Parameter parameter, ReadOnlySpan<float> values, Span<float> reordered) =>
        Reorder(parameter, values, reordered, toPyTorch: false);

    private static void Reorder(Parameter parameter, ReadOnlySpan<float> values, Span<float> reordered, bool toPyTorch)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (parameter.Layout is ParameterLayout.Vector or ParameterLayout.Matrix)
        {
            values.CopyTo(reordered);
            return;
        }
        (int rows, int columns, int channels) = (parameter.Shape.H, parameter.Shape.W, parameter.Shape.C);
        int window = rows * columns, outChannels = values.Length / (window * channels);
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
    }
}
