namespace IlgpuCxr.Phantoms;

/// <summary>Paints thin tubes (vessels, bronchi, wires, letters) into a plane of shades.</summary>
internal static class StrokePainter
{
    // Thinner than this many pixels a tube would fall between the sampling points; it is drawn this thick and fainter.
    private const float ThinnestRadius = 0.7f;

    /// <summary>
    /// Paints strokes so that each pixel holds the strongest shade <c>strength * sqrt(1 - (d / r)^2)</c> of any of
    /// them, d being the distance from the axis: where two pieces of a tube meet, nothing shows.
    /// </summary>
    /// <param name="plane">The shades, <c>[size, size]</c>.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="strokes">The tubes in body units.</param>
    /// <param name="view">Where the body is seen.</param>
    public static void Paint(float[] plane, int size, IReadOnlyList<Stroke> strokes, ViewGeometry view)
    {
        float pixels = 0.5f * size;
        for (int i = 0; i < strokes.Count; i++)
        {
            Stroke stroke = strokes[i];
            (float u0, float v0) = view.ToImage(stroke.X0, stroke.Y0);
            (float u1, float v1) = view.ToImage(stroke.X1, stroke.Y1);
            PaintOne(plane, size, new Stroke(
                ((u0 + 1f) * pixels) - 0.5f, ((v0 + 1f) * pixels) - 0.5f, stroke.Radius0 * view.Scale * pixels,
                ((u1 + 1f) * pixels) - 0.5f, ((v1 + 1f) * pixels) - 0.5f, stroke.Radius1 * view.Scale * pixels,
                stroke.Strength));
        }
    }

    private static void PaintOne(float[] plane, int size, Stroke s)
    {
        float reach = MathF.Max(ThinnestRadius, MathF.Max(s.Radius0, s.Radius1));
        int left = Math.Max(0, (int)MathF.Ceiling(MathF.Min(s.X0, s.X1) - reach));
        int right = Math.Min(size - 1, (int)MathF.Floor(MathF.Max(s.X0, s.X1) + reach));
        int top = Math.Max(0, (int)MathF.Ceiling(MathF.Min(s.Y0, s.Y1) - reach));
        int bottom = Math.Min(size - 1, (int)MathF.Floor(MathF.Max(s.Y0, s.Y1) + reach));
        float dx = s.X1 - s.X0;
        float dy = s.Y1 - s.Y0;
        float inverseLength2 = 1f / MathF.Max(1e-6f, (dx * dx) + (dy * dy));
        for (int row = top; row <= bottom; row++)
        {
            for (int column = left; column <= right; column++)
            {
                float px = column - s.X0;
                float py = row - s.Y0;
                float along = Math.Clamp(((px * dx) + (py * dy)) * inverseLength2, 0f, 1f);
                px -= along * dx;
                py -= along * dy;
                float radius = Shade.Mix(s.Radius0, s.Radius1, along);
                float drawn = MathF.Max(radius, ThinnestRadius);
                float rest = 1f - (((px * px) + (py * py)) / (drawn * drawn));
                if (rest <= 0f)
                    continue;
                ref float shade = ref plane[(row * size) + column];
                shade = MathF.Max(shade, s.Strength * (radius / drawn) * MathF.Sqrt(rest));
            }
        }
    }
}
