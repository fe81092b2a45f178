namespace IlgpuCxr.Kernels.Addition;

/// <summary>Addition's definition, written down literally in double precision.</summary>
public static class AdditionReference
{
    /// <summary><c>output = a + b</c></summary>
    /// <param name="output">As long as <paramref name="a"/>.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">As long as <paramref name="a"/>.</param>
    public static void Forward(Span<double> output, ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        for (int i = 0; i < output.Length; i++)
            output[i] = a[i] + b[i];
    }
}
