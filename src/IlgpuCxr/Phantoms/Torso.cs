namespace IlgpuCxr.Phantoms;

/// <summary>The outline of neck, shoulders and chest, and how thick the soft tissue is that a ray passes.</summary>
/// <remarks>
/// <code>
/// T(x, y) = max( chord(|x| / chest(y)), 0.8 chord(|x| / shoulders(y)) ),  chord(q) = sqrt(1 - q^2)
/// </code>
/// where <c>shoulders</c> widens from the neck beyond the image and ends at the armpits.
/// </remarks>
internal sealed class Torso
{
    private readonly float neckHalfWidth;
    private readonly float neckEnd;
    private readonly float chestHalfWidth;
    private readonly float waist;
    private readonly float breastSize;
    private readonly float breastHeight;
    private readonly float breastShade;

    /// <summary>Draws a torso.</summary>
    public Torso(PhantomRandom random)
    {
        neckHalfWidth = random.Uniform(0.22f, 0.30f);
        neckEnd = random.Uniform(-0.96f, -0.86f);
        chestHalfWidth = random.Uniform(0.86f, 0.99f);
        waist = random.Uniform(-0.02f, 0.08f);
        breastSize = random.Uniform(0.22f, 0.36f);
        breastHeight = random.Uniform(0.12f, 0.32f);
        breastShade = random.Chance(0.5f) ? random.Uniform(0.03f, 0.14f) : 0f;
    }

    /// <summary>The thickness at a point, 0 outside the body and 1 at the thickest.</summary>
    public float Thickness(float x, float y)
    {
        float t = MathF.Abs(x);
        float chest = chestHalfWidth - (waist * Shade.Step(0f, 1f, y));
        float chestPart = y > neckEnd ? Chord(t / chest) * Shade.Step(neckEnd, -0.45f, y) : 0f;
        return MathF.Max(chestPart, 0.8f * Chord(t / ShoulderHalfWidth(y)));
    }

    /// <summary>
    /// The shade of the breasts, in half of all phantoms: a haze over both lower lungs that means nothing.
    /// </summary>
    public float Breasts(float x, float y)
    {
        if (breastShade == 0f)
            return 0f;
        float dx = (MathF.Abs(x) - 0.46f) / breastSize;
        float dy = (y - breastHeight) / breastSize;
        // The upper edge fades, the lower one is a fold.
        dy = dy < 0f ? 0.7f * dy : 1.3f * dy;
        float rest = 1f - (dx * dx) - (dy * dy);
        return rest <= 0f ? 0f : breastShade * MathF.Sqrt(rest);
    }

    private float ShoulderHalfWidth(float y)
    {
        if (y <= neckEnd)
            return neckHalfWidth;
        float slope = Math.Clamp((y - neckEnd) / 0.24f, 0f, 1f);
        float shoulder = neckHalfWidth + ((1.45f - neckHalfWidth) * slope * MathF.Sqrt(slope));
        return Shade.Mix(shoulder, chestHalfWidth * 0.95f, Shade.Step(-0.32f, 0.10f, y));
    }

    private static float Chord(float q) => q >= 1f ? 0f : MathF.Sqrt(1f - (q * q));
}
