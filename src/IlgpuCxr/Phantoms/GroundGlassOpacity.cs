namespace IlgpuCxr.Phantoms;

/// <summary>
/// COVID-19: several hazy patches in both lungs, at the periphery and more below than above, through which vessels and
/// ribs remain visible.
/// </summary>
/// <remarks>
/// With patches i of centre c, radius r and weight w, and n a texture:
/// <code>
/// patch(i) = w (1 - step(0.35, 1.15, |p - c| / r + 0.35 n))
/// fluid    = min(0.9, density (1 - product over i of (1 - patch(i))) step(0.15, 0.60, a + 0.1 n) (0.68 + 0.32 n'))
/// </code>
/// </remarks>
internal sealed class GroundGlassOpacity : Opacity
{
    private readonly record struct Patch(float Side, float X, float Y, float Radius, float Weight);

    private readonly NoiseField texture;
    private readonly Patch[] patches;
    private readonly float density;

    /// <summary>Draws two to four patches for each lung.</summary>
    /// <param name="random">The source.</param>
    /// <param name="anatomy">The patient.</param>
    /// <param name="difficulty">What density and radius are multiplied by.</param>
    public GroundGlassOpacity(PhantomRandom random, Anatomy anatomy, in PhantomDifficulty difficulty)
    {
        density = difficulty.Contrast * random.Uniform(0.50f, 0.72f);
        var drawn = new List<Patch>();
        foreach (float side in (ReadOnlySpan<float>)[-1f, 1f])
        {
            int count = 2 + random.Below(3);
            for (int i = 0; i < count; i++)
            {
                // One patch a zone, so that they do not all fall on one place; the square root prefers the lower ones.
                float zone = (i + random.Uniform(0.15f, 0.85f)) / count;
                (float x, float y) = anatomy.Lung(side).PointAt(
                    random.Uniform(0.68f, 0.92f), Shade.Mix(0.22f, 0.92f, MathF.Sqrt(zone)));
                drawn.Add(
                    new Patch(side, x, y, difficulty.Extent * random.Uniform(0.17f, 0.26f), random.Uniform(0.7f, 1f)));
            }
        }
        patches = [.. drawn];
        texture = new NoiseField(random.Fork(1));
    }

    /// <inheritdoc/>
    public override float Fluid(float x, float y, in LungPoint lung, float bronchus)
    {
        float clear = 1f;
        float coarse = texture.At(x, y, 5f, 2);
        foreach (Patch patch in patches)
        {
            if (patch.Side != lung.Side)
                continue;
            float dx = x - patch.X;
            float dy = y - patch.Y;
            float distance = (MathF.Sqrt((dx * dx) + (dy * dy)) / patch.Radius) + (0.35f * coarse);
            clear *= 1f - (patch.Weight * (1f - Shade.Step(0.35f, 1.15f, distance)));
        }
        if (clear == 1f)
            return 0f;
        float peripheral = Shade.Step(0.15f, 0.60f, lung.Across + (0.1f * coarse));
        return MathF.Min(0.9f, density * (1f - clear) * peripheral * (0.68f + (0.32f * texture.At(x, y + 5f, 12f, 3))));
    }
}
