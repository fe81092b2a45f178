namespace IlgpuCxr.Phantoms;

/// <summary>Clavicles, shoulder blades and the heads of the upper arms.</summary>
/// <remarks>
/// <code>clavicle(t) = yc - r s + 0.025 sin(2 pi s),  s = (t - 0.06) / 0.72</code>
/// of <see cref="Shade.Bone"/> cross-section, thicker at both ends; shoulder blades and arms lie outside or at the edge
/// of the lungs.
/// </remarks>
internal sealed class ShoulderGirdle
{
    private readonly float turn;
    private readonly float clavicleHeight;
    private readonly float clavicleRise;
    private readonly float clavicleHalf;
    private readonly float clavicleShade;
    private readonly float bladeEdge;
    private readonly float bladeTilt;
    private readonly float bladeShade;
    private readonly float armX;
    private readonly float armY;

    /// <summary>Draws them.</summary>
    public ShoulderGirdle(PhantomRandom random, float turn)
    {
        this.turn = turn;
        clavicleHeight = random.Uniform(-0.58f, -0.50f);
        clavicleRise = random.Uniform(0.06f, 0.20f);
        clavicleHalf = random.Uniform(0.024f, 0.031f);
        clavicleShade = random.Uniform(0.09f, 0.16f);
        bladeEdge = random.Uniform(0.60f, 0.72f);
        bladeTilt = random.Uniform(0.05f, 0.2f);
        bladeShade = random.Uniform(0.02f, 0.07f);
        armX = random.Uniform(0.90f, 0.98f);
        armY = random.Uniform(-0.68f, -0.58f);
    }

    /// <summary>The shade at a point.</summary>
    public float At(float x, float y)
    {
        if (y > 0.15f)
            return 0f;
        float t = MathF.Abs(x - turn);
        return Clavicle(t, y) + Blade(t, y) + Arm(t, y);
    }

    private float Clavicle(float t, float y)
    {
        float s = (t - 0.06f) / 0.72f;
        if (s is <= 0f or >= 1f || MathF.Abs(y - clavicleHeight + (clavicleRise * s)) > 0.12f)
            return 0f;
        float axis = clavicleHeight - (clavicleRise * s) + (0.025f * MathF.Sin(2f * MathF.PI * s));
        float waist = (2f * s) - 1f;
        float half = clavicleHalf * (0.75f + (0.45f * waist * waist));
        return clavicleShade * Shade.Bone((y - axis) / half)
            * Shade.Step(0f, 0.05f, s) * (1f - Shade.Step(0.94f, 1f, s));
    }

    private float Blade(float t, float y)
    {
        float edge = bladeEdge + (bladeTilt * (y + 0.62f));
        float inside = t - edge;
        if (inside <= 0f)
            return 0f;
        float rim = Shade.Step(0f, 0.02f, inside) * (1f - Shade.Step(0.30f, 0.36f, inside));
        float tip = 1f - Shade.Step(-0.10f, 0.02f, y + (0.6f * inside));
        float border = 1f + (0.6f * (1f - Shade.Step(0.02f, 0.05f, inside)));
        return bladeShade * rim * tip * border * Shade.Step(-0.72f, -0.60f, y);
    }

    private float Arm(float t, float y)
    {
        float dx = t - armX;
        float dy = y - armY;
        float head = (dx * dx) + (dy * dy);
        float shade = head < 0.0144f ? 0.14f * Shade.Bone(MathF.Sqrt(head) / 0.12f) : 0f;
        if (y <= armY)
            return shade;
        float shaft = (dx - (0.25f * dy)) / 0.065f;
        return MathF.Max(shade, 0.14f * Shade.Bone(shaft));
    }
}
