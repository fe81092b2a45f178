namespace IlgpuCxr.Phantoms;

/// <summary>
/// The unsharpness of focus and film: a separable Gaussian; beyond its border the image goes on as it ends.
/// </summary>
internal static class GaussianBlur
{
    /// <summary>Blurs a square plane in place.</summary>
    /// <param name="plane">The values, <c>[size, size]</c>.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="sigma">Standard deviation in pixels.</param>
    public static void Apply(float[] plane, int size, float sigma)
    {
        float[] weights = Weights(sigma);
        int radius = weights.Length / 2;
        var padded = new float[size + (2 * radius)];
        var columns = new float[plane.Length];
        for (int row = 0; row < size; row++)
        {
            Span<float> line = plane.AsSpan(row * size, size);
            line.CopyTo(padded.AsSpan(radius));
            padded.AsSpan(0, radius).Fill(line[0]);
            padded.AsSpan(size + radius).Fill(line[^1]);
            for (int column = 0; column < size; column++)
            {
                float sum = 0f;
                for (int k = 0; k < weights.Length; k++)
                    sum += weights[k] * padded[column + k];
                line[column] = sum;
            }
        }
        for (int row = 0; row < size; row++)
        {
            Span<float> target = columns.AsSpan(row * size, size);
            for (int k = 0; k < weights.Length; k++)
            {
                int source = Math.Clamp(row + k - radius, 0, size - 1);
                AddScaled(target, plane.AsSpan(source * size, size), weights[k]);
            }
        }
        columns.CopyTo(plane, 0);
    }

    private static float[] Weights(float sigma)
    {
        int radius = (int)MathF.Ceiling(3f * sigma);
        var weights = new float[(2 * radius) + 1];
        float sum = 0f;
        for (int k = -radius; k <= radius; k++)
            sum += weights[k + radius] = MathF.Exp(-0.5f * k * k / (sigma * sigma));
        for (int k = 0; k < weights.Length; k++)
            weights[k] /= sum;
        return weights;
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float scale)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] += scale * source[i];
    }
}
