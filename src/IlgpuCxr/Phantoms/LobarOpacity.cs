namespace IlgpuCxr.Phantoms;

/// <summary>
/// Pneumonia: one lobe of one lung is dense, sharp where a fissure ends it, fading where it does not, with the open
/// bronchi dark inside it.
/// </summary>
/// <remarks>
/// With a and h the fractions of the way across and down (<see cref="LungPoint"/>), n a texture and F the fissure:
/// <code>
/// upper:  m = 1 - step(F - 0.02, F + 0.02, h')        h' = h + tilt (a - 0.5) + 0.05 n
/// middle: m = step(F - 0.02, F + 0.02, h') (1 - step(0.55, 0.85, a + 0.1 n))
/// lower:  m = step(F - 0.16, F + 0.10, h')
/// fluid = min(0.97, density m r (0.82 + 0.18 n') (1 - 0.75 bronchus))
/// </code>
/// where r lets the density fall off with the distance from the lobe's centre.
/// </remarks>
internal sealed class LobarOpacity : Opacity
{
    private enum Lobe
    {
        Upper,
        Middle,
        Lower,
    }

    private readonly NoiseField texture;
    private readonly Lobe lobe;
    private readonly float side;
    private readonly float density;
    private readonly float fissure;
    private readonly float tilt;
    private readonly float centreX;
    private readonly float centreY;
    private readonly float radius;

    /// <summary>Draws the side, the lobe and its extent.</summary>
    /// <param name="random">The source.</param>
    /// <param name="anatomy">The patient.</param>
    /// <param name="difficulty">What density and radius are multiplied by.</param>
    public LobarOpacity(PhantomRandom random, Anatomy anatomy, in PhantomDifficulty difficulty)
    {
        side = random.Chance(0.5f) ? -1f : 1f;
        lobe = (Lobe)random.Below(3);
        density = difficulty.Contrast * random.Uniform(0.70f, 0.95f);
        tilt = random.Uniform(-0.10f, 0.22f) * (lobe == Lobe.Lower ? -1f : 1f);
        fissure = lobe switch
        {
            Lobe.Upper => random.Uniform(0.42f, 0.56f),
            Lobe.Middle => random.Uniform(0.52f, 0.62f),
            _ => random.Uniform(0.48f, 0.64f),
        };
        radius = difficulty.Extent * random.Uniform(0.38f, 0.56f);
        LungField lung = anatomy.Lung(side);
        float across = lobe == Lobe.Middle ? 0.30f : random.Uniform(0.40f, 0.62f);
        float down = lobe == Lobe.Upper ? fissure - 0.16f : fissure + random.Uniform(0.15f, 0.24f);
        (centreX, centreY) = lung.PointAt(across, down);
        texture = new NoiseField(random.Fork(1));
        Bronchi = AirwayTree.Bronchi(random.Fork(2), lung, anatomy.Mediastinum.Hilum(side), (centreX, centreY));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stroke> Bronchi { get; }

    /// <inheritdoc/>
    public override float Fluid(float x, float y, in LungPoint lung, float bronchus)
    {
        if (lung.Side != side)
            return 0f;
        float coarse = texture.At(x, y, 4f, 3);
        float h = lung.Down + (tilt * (lung.Across - 0.5f)) + (0.05f * coarse);
        float mask = lobe switch
        {
            Lobe.Upper => 1f - Shade.Step(fissure - 0.02f, fissure + 0.02f, h),
            Lobe.Middle => Shade.Step(fissure - 0.02f, fissure + 0.02f, h)
                * (1f - Shade.Step(0.55f, 0.85f, lung.Across + (0.1f * coarse))),
            _ => Shade.Step(fissure - 0.16f, fissure + 0.10f, h),
        };
        if (mask == 0f)
            return 0f;
        float dx = x - centreX;
        float dy = y - centreY;
        float distance = MathF.Sqrt((dx * dx) + (dy * dy)) / radius;
        float fallOff = 1f - (0.85f * Shade.Step(0.45f, 1.25f, distance + (0.3f * coarse)));
        float mottled = 0.82f + (0.18f * texture.At(x + 5f, y, 14f, 2));
        return MathF.Min(0.97f, density * mask * fallOff * mottled * (1f - (0.75f * bronchus)));
    }
}
