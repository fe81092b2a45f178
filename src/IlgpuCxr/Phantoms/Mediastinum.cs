namespace IlgpuCxr.Phantoms;

/// <summary>Heart, great vessels, trachea and spine: all that lies between the lungs.</summary>
/// <remarks>
/// The shadow is the union of solids, each <c>e(x, y) = 1 - q</c> with q = 1 on its outline: the left ventricle (a
/// tilted ellipse that reaches to the right of the image), the right atrium, the aortic knob, the pulmonary trunk and
/// the band of the great vessels. They are joined without creases by the smooth maximum
/// <code>smax(a, b) = max(a, b) + k h^2 / 4,  h = max(0, 1 - |a - b| / k)</code>
/// </remarks>
internal sealed class Mediastinum
{
    private readonly float shift;
    private readonly float ventricleX;
    private readonly float ventricleY;
    private readonly float ventricleCosine;
    private readonly float ventricleSine;
    private readonly float ventricleLong;
    private readonly float ventricleShort;
    private readonly float atriumX;
    private readonly float atriumY;
    private readonly float knobX;
    private readonly float knobY;
    private readonly float knobRadius;
    private readonly float bandHalfWidth;
    private readonly float tracheaX;
    private readonly float tracheaShade;
    private readonly float carina;
    private readonly float spineX;
    private readonly float spineShade;
    private readonly float vertebraHeight;
    private readonly float vertebraPhase;

    /// <summary>Draws them.</summary>
    /// <param name="random">The source.</param>
    /// <param name="turn">
    /// How far the patient is turned: the heart, in front, moves one way and the spine the other.
    /// </param>
    public Mediastinum(PhantomRandom random, float turn)
    {
        shift = (0.4f * turn) + random.Uniform(-0.01f, 0.01f);
        float size = random.Uniform(0.86f, 1.16f);
        float tilt = random.Uniform(0.45f, 0.85f);
        (ventricleSine, ventricleCosine) = MathF.SinCos(tilt);
        ventricleLong = 0.37f * size;
        ventricleShort = 0.25f * size;
        ventricleX = random.Uniform(0.09f, 0.15f);
        ventricleY = random.Uniform(0.20f, 0.30f);
        atriumX = random.Uniform(-0.06f, -0.02f);
        atriumY = ventricleY - 0.04f;
        knobX = random.Uniform(0.075f, 0.105f);
        knobY = random.Uniform(-0.36f, -0.27f);
        knobRadius = random.Uniform(0.07f, 0.10f);
        bandHalfWidth = random.Uniform(0.10f, 0.14f);
        tracheaX = random.Uniform(-0.03f, 0.01f);
        tracheaShade = random.Uniform(0.06f, 0.13f);
        carina = random.Uniform(-0.26f, -0.18f);
        spineX = -0.5f * turn;
        spineShade = random.Uniform(0.05f, 0.12f);
        vertebraHeight = random.Uniform(0.125f, 0.145f);
        vertebraPhase = random.Uniform();
    }

    /// <summary>x of the hilum of a side and y of both: where vessels and bronchi enter the lung.</summary>
    public (float X, float Y) Hilum(float side) => ((side * 0.15f) + shift, carina + (side < 0f ? 0.16f : 0.12f));

    /// <summary>How solid the shadow of heart and vessels is here: <c>max e</c>, negative outside.</summary>
    public float Solid(float x, float y)
    {
        x -= shift;
        float dx = x - ventricleX;
        float dy = y - ventricleY;
        float along = ((ventricleCosine * dx) + (ventricleSine * dy)) / ventricleLong;
        float across = ((ventricleCosine * dy) - (ventricleSine * dx)) / ventricleShort;
        float solid = 1f - (along * along) - (across * across);
        solid = SmoothMax(solid, Ellipse(x - atriumX, y - atriumY, 0.17f, 0.25f), 0.35f);
        solid = SmoothMax(solid, Ellipse(x - 0.08f, y - knobY - 0.17f, 0.12f, 0.20f), 0.7f);
        solid = SmoothMax(solid, Ellipse(x - knobX, y - knobY, knobRadius, knobRadius), 0.5f);
        float bandWidth = bandHalfWidth + (0.06f * Shade.Step(-0.55f, -0.95f, y));
        float band = (x - 0.015f) / bandWidth;
        return SmoothMax(solid, 1f - (band * band), 0.5f);
    }

    /// <summary>The shade that the trachea and the main bronchi take away.</summary>
    public float Trachea(float x, float y)
    {
        x -= shift + tracheaX;
        float t = MathF.Abs(x);
        // Below the carina the column splits in two that run apart.
        float fork = MathF.Max(0f, y - carina);
        float distance = MathF.Abs(t - (1.1f * fork)) / (fork > 0f ? 0.036f : 0.046f);
        if (distance >= 1f || fork > 0.13f)
            return 0f;
        return tracheaShade * MathF.Sqrt(1f - (distance * distance)) * (1f - (fork / 0.13f));
    }

    /// <summary>
    /// The shade of the spine: bodies of vertebrae with darker discs between, and their spinous processes.
    /// </summary>
    public float Spine(float x, float y)
    {
        x -= spineX;
        float across = MathF.Abs(x) / 0.085f;
        if (across >= 1.25f)
            return 0f;
        float cell = (y / vertebraHeight) + vertebraPhase;
        float place = MathF.Abs(cell - MathF.Floor(cell) - 0.5f) * 2f;
        float disc = Shade.Step(0.70f, 0.92f, place);
        // The end plates, next to the disc, are the densest, and the vertebra's waist is its narrowest.
        float plate = Shade.Step(0.45f, 0.72f, place) * (1f - disc);
        float body = 1f - Shade.Step(0.80f + (0.15f * place), 1f + (0.15f * place), across);
        float process = Ellipse(x, (cell - MathF.Floor(cell) - 0.62f) * vertebraHeight, 0.018f, 0.035f);
        return spineShade
            * ((body * (0.75f + (0.35f * plate) - (0.40f * disc))) + (process > 0f ? 0.35f * process : 0f));
    }

    private static float SmoothMax(float a, float b, float softness)
    {
        float near = MathF.Max(0f, 1f - (MathF.Abs(a - b) / softness));
        return MathF.Max(a, b) + (0.25f * softness * near * near);
    }

    private static float Ellipse(float dx, float dy, float radiusX, float radiusY)
    {
        dx /= radiusX;
        dy /= radiusY;
        return 1f - (dx * dx) - (dy * dy);
    }
}
