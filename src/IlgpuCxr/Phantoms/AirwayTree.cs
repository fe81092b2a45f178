namespace IlgpuCxr.Phantoms;

/// <summary>Grows the branching tubes of a lung, vessels or bronchi, from its hilum outwards.</summary>
/// <remarks>
/// A tube walks in steps; at each its direction wanders, its radius shrinks by a constant factor and now and then a
/// thinner tube leaves it sideways. It ends when it is too thin or has reached the chest wall or the diaphragm, which
/// is why vessels fade towards the periphery.
/// </remarks>
internal sealed class AirwayTree
{
    private const float Step = 0.055f;

    private readonly List<Stroke> strokes = [];
    private readonly PhantomRandom random;
    private readonly LungField lung;
    private readonly float thinnest;
    private readonly float taper;

    private AirwayTree(PhantomRandom random, LungField lung, float thinnest, float taper)
    {
        this.random = random;
        this.lung = lung;
        this.thinnest = thinnest;
        this.taper = taper;
    }

    /// <summary>The vessels of a lung; their shade goes with their thickness.</summary>
    public static IReadOnlyList<Stroke> Vessels(PhantomRandom random, LungField lung, (float X, float Y) hilum)
    {
        var tree = new AirwayTree(random, lung, thinnest: 0.0022f, taper: 0.85f);
        float strength = random.Uniform(0.09f, 0.15f);
        int trunks = 8 + random.Below(3);
        for (int i = 0; i < trunks; i++)
        {
            // From steeply up to steeply down, and more of them downwards, where a standing patient's blood is.
            float share = (i + random.Uniform(0.1f, 0.9f)) / trunks;
            float angle = Shade.Mix(-1.45f, 1.5f, MathF.Sqrt(share));
            float y = hilum.Y + random.Uniform(-0.05f, 0.05f) + (0.05f * MathF.Sin(angle));
            tree.Grow(hilum.X, y, angle, random.Uniform(0.014f, 0.021f), strength, generation: 0);
        }
        return tree.strokes;
    }

    /// <summary>Bronchi, straighter, fewer and wider than vessels: what stays dark in a consolidated lobe.</summary>
    public static IReadOnlyList<Stroke> Bronchi(
        PhantomRandom random, LungField lung, (float X, float Y) hilum, (float X, float Y) towards)
    {
        var tree = new AirwayTree(random, lung, thinnest: 0.0045f, taper: 0.93f);
        float middle = MathF.Atan2(towards.Y - hilum.Y, MathF.Max(0.05f, (towards.X - hilum.X) * lung.Side));
        for (int i = -1; i <= 1; i++)
        {
            float angle = middle + (0.42f * i) + random.Uniform(-0.1f, 0.1f);
            tree.Grow(hilum.X, hilum.Y, angle, random.Uniform(0.011f, 0.015f), strength: 1f, generation: 1);
        }
        return tree.strokes;
    }

    // The angle is measured from the lung's outward direction, positive downwards, so that both sides are mirror
    // images.
    private void Grow(float x, float y, float angle, float radius, float strength, int generation)
    {
        float thickest = radius;
        while (radius > thinnest)
        {
            angle += random.Uniform(-0.22f, 0.22f);
            (float sine, float cosine) = MathF.SinCos(angle);
            float nextX = x + (lung.Side * Step * cosine);
            float nextY = y + (Step * sine);
            float nextRadius = radius * taper;
            float shade = strength * MathF.Sqrt(radius / 0.02f);
            strokes.Add(new Stroke(x, y, radius, nextX, nextY, nextRadius, shade));
            LungPoint place = lung.Locate(nextX, nextY);
            bool leaves = place.Across > 0.97f || place.BelowDome > 0.02f || place.Down < 0.02f;
            if (leaves)
                return;
            if (generation < 3 && random.Chance(0.5f))
            {
                float away = (random.Chance(0.5f) ? 1f : -1f) * random.Uniform(0.35f, 0.75f);
                Grow(nextX, nextY, angle + away, MathF.Min(nextRadius, thickest) * random.Uniform(0.5f, 0.8f),
                    strength, generation + 1);
            }
            x = nextX;
            y = nextY;
            radius = nextRadius;
        }
    }
}
