namespace IlgpuCxr.Phantoms;

/// <summary>
/// How the patient stands before the detector. Body coordinates: x grows to the right of the image (the patient's
/// left), y downwards, the midline is x = 0 and half the image's width is one unit.
/// </summary>
/// <remarks><code>image = scale * rotate(body, angle) + shift</code></remarks>
internal readonly struct ViewGeometry
{
    private readonly float cosine;
    private readonly float sine;
    private readonly float shiftX;
    private readonly float shiftY;

    /// <summary>A view with the given angle in radians.</summary>
    public ViewGeometry(float scale, float angle, float shiftX, float shiftY)
    {
        Scale = scale;
        (sine, cosine) = MathF.SinCos(angle);
        this.shiftX = shiftX;
        this.shiftY = shiftY;
    }

    /// <summary>The detector itself: body coordinates are image coordinates.</summary>
    public static ViewGeometry Detector { get; } = new(1f, 0f, 0f, 0f);

    /// <summary>Image units in one body unit.</summary>
    public float Scale { get; }

    /// <summary>Draws a patient who stands nearly straight and nearly in the middle.</summary>
    public static ViewGeometry Draw(PhantomRandom random)
    {
        const float Degree = MathF.PI / 180f;
        return new ViewGeometry(
            random.Uniform(0.96f, 1.24f),
            random.Uniform(-7f, 7f) * Degree,
            random.Uniform(-0.07f, 0.07f),
            random.Uniform(-0.07f, 0.07f));
    }

    /// <summary>The body point that is seen at a point of the image, whose corners are (-1, -1) and (1, 1).</summary>
    public (float X, float Y) ToBody(float u, float v)
    {
        u = (u - shiftX) / Scale;
        v = (v - shiftY) / Scale;
        return ((cosine * u) + (sine * v), (cosine * v) - (sine * u));
    }

    /// <summary>Where a body point is seen.</summary>
    public (float U, float V) ToImage(float x, float y) =>
        ((Scale * ((cosine * x) - (sine * y))) + shiftX, (Scale * ((sine * x) + (cosine * y))) + shiftY);
}
