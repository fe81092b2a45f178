namespace IlgpuCxr.Phantoms;

/// <summary>One lung on a frontal X-ray: between mediastinum, chest wall and the dome of the diaphragm.</summary>
/// <remarks>
/// With t = |x|, apex (ta, ya), greatest half width O, dome (td, yd) and costophrenic angle at height yc:
/// <code>
/// h        = (y - ya) / (yc - ya)
/// outer(y) = ta + (O - ta) (1 - (1 - h)^2.4)^0.6
/// inner(y) = m + (ta - m) (1 - h)^8
/// dome(t)  = yd + (yc - yd) (0.8 q^2 + 0.2 q^3)          towards the wall, q = (t - td) / (O - td)
///          = yd + 0.10 ((td - t) / td)^2                towards the midline
/// air(x,y) = chord((t - inner) / 0.12) chord((outer - t) / 0.32) chord((dome - y) / 0.12)
/// </code>
/// with <see cref="Shade.Chord"/>, so that a border is steep on the lung's side, as that of a round body is.
/// </remarks>
internal sealed class LungField
{
    private const int TableSize = 256;

    private readonly float[] outer = new float[TableSize + 2];
    private readonly float[] inner = new float[TableSize + 2];
    private readonly float outerMost;
    private readonly float domeTop;
    private readonly float domeCentre;

    /// <summary>Draws the lung of one side.</summary>
    /// <param name="random">The numbers that both lungs of one patient share.</param>
    /// <param name="side">-1 for the image's left, +1 for its right.</param>
    /// <param name="turn">How far the patient is turned: it widens one lung and narrows the other.</param>
    public LungField(PhantomRandom random, float side, float turn)
    {
        Side = side;
        float width = random.Uniform(0.64f, 0.77f);
        float apexHeight = random.Uniform(-0.80f, -0.70f);
        float apexPlace = random.Uniform(0.27f, 0.34f);
        float innerMost = random.Uniform(0.09f, 0.13f);
        float breath = random.Uniform(0.24f, 0.52f);
        float angleDepth = random.Uniform(0.20f, 0.30f);
        float liverPush = random.Uniform(0.01f, 0.07f);

        PhantomRandom own = random.Fork(side < 0f ? 1UL : 2UL);
        outerMost = (width * (1f + (side * turn))) + own.Uniform(-0.015f, 0.015f);
        innerMost += side * turn * 0.25f;
        ApexHeight = apexHeight + own.Uniform(-0.015f, 0.015f);
        domeTop = breath - (side < 0f ? liverPush : 0f) + own.Uniform(-0.01f, 0.01f);
        domeCentre = own.Uniform(0.33f, 0.42f);
        AngleHeight = domeTop + angleDepth + own.Uniform(-0.02f, 0.02f) + (side < 0f ? 0.5f * liverPush : 0f);

        for (int i = 0; i < outer.Length; i++)
        {
            float rest = 1f - MathF.Min(1f, (float)i / TableSize);
            outer[i] = apexPlace + ((outerMost - apexPlace) * MathF.Pow(1f - MathF.Pow(rest, 2.4f), 0.6f));
            inner[i] = innerMost + ((apexPlace - innerMost) * MathF.Pow(rest, 8f));
        }
    }

    /// <summary>-1 for the image's left, +1 for its right.</summary>
    public float Side { get; }

    /// <summary>y of the apex.</summary>
    public float ApexHeight { get; }

    /// <summary>y of the costophrenic angle, the lung's lowest point.</summary>
    public float AngleHeight { get; }

    /// <summary>Where a point lies in this lung.</summary>
    public LungPoint Locate(float x, float y)
    {
        float t = x * Side;
        float h = (y - ApexHeight) / (AngleHeight - ApexHeight);
        float wall = Read(outer, h);
        float border = Read(inner, h);
        float dome = Dome(t);
        float air = h <= 0f ? 0f
            : Shade.Chord((t - border) / 0.12f) * Shade.Chord((wall - t) / 0.32f) * Shade.Chord((dome - y) / 0.12f);
        return new LungPoint(
            Side, air, (t - border) / (wall - border + 1e-6f), (y - ApexHeight) / (dome - ApexHeight), wall, y - dome);
    }

    /// <summary>
    /// The point of the body at given fractions of the way across and down, see <see cref="LungPoint"/>.
    /// </summary>
    public (float X, float Y) PointAt(float across, float down)
    {
        // The dome depends on x and the borders on y: two steps from a start in the middle are close enough to place
        // things.
        float y = Shade.Mix(ApexHeight, domeTop, down);
        float t = 0f;
        for (int step = 0; step < 2; step++)
        {
            float h = (y - ApexHeight) / (AngleHeight - ApexHeight);
            t = Shade.Mix(Read(inner, h), Read(outer, h), across);
            y = Shade.Mix(ApexHeight, Dome(t), down);
        }
        return (Side * t, y);
    }

    private float Dome(float t)
    {
        if (t <= domeCentre)
        {
            float medial = (domeCentre - t) / domeCentre;
            return domeTop + (0.10f * medial * medial);
        }
        float lateral = (t - domeCentre) / (outerMost - domeCentre);
        return domeTop + ((AngleHeight - domeTop) * lateral * lateral * (0.8f + (0.2f * lateral)));
    }

    private static float Read(float[] table, float h)
    {
        float place = Math.Clamp(h, 0f, 1f) * TableSize;
        int index = (int)place;
        return Shade.Mix(table[index], table[index + 1], place - index);
    }
}
