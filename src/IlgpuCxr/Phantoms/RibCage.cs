namespace IlgpuCxr.Phantoms;

/// <summary>
/// The ribs: pairs of bands that leave the spine, turn round at the chest wall and come back in front.
/// </summary>
/// <remarks>
/// With t = |x|, q = t / (wall(y) + 0.03), and rib i = 0, 1, ... at spacing D:
/// <code>
/// back(i, t)  = y0 + i D + a t + b t^2 - w sqrt(1 - q^2) + w
/// front(i, t) = y0 + i D + a W + b W^2 + w + w sqrt(1 - q^2) + c (W - t)
/// </code>
/// where W is the widest wall. Across a band the shade is <see cref="Shade.Bone"/>; the front bands, which are
/// cartilage towards the middle, are fainter and end before it.
/// </remarks>
internal sealed class RibCage
{
    private const int Count = 11;

    private readonly float[] offset = new float[Count];
    private readonly float first;
    private readonly float spacing;
    private readonly float linear;
    private readonly float quadratic;
    private readonly float turnRound;
    private readonly float frontSlope;
    private readonly float halfHeight;
    private readonly float backShade;
    private readonly float frontShade;
    private readonly float cartilage;

    /// <summary>Draws a rib cage.</summary>
    public RibCage(PhantomRandom random)
    {
        first = random.Uniform(-0.86f, -0.78f);
        spacing = random.Uniform(0.135f, 0.160f);
        linear = random.Uniform(-0.22f, -0.10f);
        quadratic = random.Uniform(0.45f, 0.72f);
        turnRound = random.Uniform(0.07f, 0.11f);
        frontSlope = random.Uniform(0.35f, 0.60f);
        halfHeight = random.Uniform(0.027f, 0.035f);
        backShade = random.Uniform(0.045f, 0.110f);
        frontShade = backShade * random.Uniform(0.45f, 0.8f);
        cartilage = random.Uniform(0.28f, 0.40f);
        for (int i = 0; i < Count; i++)
            offset[i] = random.Uniform(-0.008f, 0.008f);
    }

    /// <summary>The shade at a point.</summary>
    public float At(float x, float y, in LungPoint lung)
    {
        float t = MathF.Abs(x);
        float wall = lung.Wall + 0.03f;
        if (t >= wall)
            return 0f;
        float q = t / wall;
        float bend = MathF.Sqrt(1f - (q * q));
        float bendSlope = turnRound * q / (wall * MathF.Max(bend, 0.15f));

        float back = first + (linear * t) + (quadratic * t * t) + (turnRound * (1f - bend));
        float backSlope = linear + (2f * quadratic * t) + bendSlope;
        float shade = backShade * Band(y - back, backSlope, halfHeight)
            * Shade.Step(0.02f, 0.09f, t) * (1f - (0.92f * Shade.Step(-0.02f, 0.30f, lung.BelowDome)));

        float widest = 0.74f;
        float front = first + (linear * widest) + (quadratic * widest * widest)
            + (turnRound * (1f + bend)) + (frontSlope * (wall - t));
        float frontBandSlope = -frontSlope - bendSlope;
        shade += frontShade * Band(y - front, frontBandSlope, 1.15f * halfHeight)
            * Shade.Step(cartilage - 0.06f, cartilage + 0.12f, t) * (1f - Shade.Step(-0.05f, 0.10f, lung.BelowDome));
        return shade;
    }

    // The distance from the nearest rib's axis is measured vertically; on a slope it is shorter by the slope's cosine.
    private float Band(float y, float slope, float half)
    {
        int index = (int)MathF.Round(y / spacing);
        if (index < 0 || index >= Count)
            return 0f;
        float vertical = y - (index * spacing) - offset[index];
        return Shade.Bone(vertical / (half * MathF.Sqrt(1f + (slope * slope))));
    }
}
