namespace IlgpuCxr.Phantoms;

/// <summary>
/// What lies on the film without belonging to the patient and says nothing about the class: side markers, wires with
/// electrodes, and the black borders of the collimator.
/// </summary>
internal sealed class Distractors
{
    private readonly float leftBorder;
    private readonly float rightBorder;
    private readonly float topBorder;
    private readonly float bottomBorder;

    /// <summary>Draws them.</summary>
    public Distractors(PhantomRandom random)
    {
        var markers = new List<Stroke>();
        var wires = new List<Stroke>();
        if (random.Chance(0.6f))
            AddMarker(markers, random.Fork(1), 'R');
        if (random.Chance(0.5f))
            AddMarker(markers, random.Fork(2), 'L');
        if (random.Chance(0.22f))
            AddWires(wires, random.Fork(3));
        Markers = markers;
        Wires = wires;

        bool collimated = random.Chance(0.3f);
        leftBorder = Border(random, collimated);
        rightBorder = Border(random, collimated);
        topBorder = Border(random, collimated);
        bottomBorder = Border(random, collimated);
    }

    /// <summary>Letters of lead, in image coordinates.</summary>
    public IReadOnlyList<Stroke> Markers { get; }

    /// <summary>Wires and electrodes on the skin, in body coordinates.</summary>
    public IReadOnlyList<Stroke> Wires { get; }

    /// <summary>True where the collimator kept the beam away.</summary>
    public bool IsCovered(float u, float v) =>
        u < leftBorder - 1f || u > 1f - rightBorder || v < topBorder - 1f || v > 1f - bottomBorder;

    private static float Border(PhantomRandom random, bool collimated)
    {
        float width = random.Uniform(0f, 0.10f);
        return collimated && random.Chance(0.5f) ? width : 0f;
    }

    // The patient's right is on the image's left; films that were digitised the wrong way round exist as well.
    private static void AddMarker(List<Stroke> strokes, PhantomRandom random, char letter)
    {
        float side = letter == 'R' ? -1f : 1f;
        if (random.Chance(0.05f))
            side = -side;
        float x = side * random.Uniform(0.72f, 0.90f);
        float y = random.Chance(0.75f) ? random.Uniform(-0.90f, -0.72f) : random.Uniform(0.55f, 0.88f);
        float h = random.Uniform(0.035f, 0.065f);
        float w = 0.6f * h;
        float thick = 0.2f * h;
        float strength = random.Uniform(0.75f, 1f);
        void Line(float x0, float y0, float x1, float y1) =>
            strokes.Add(new Stroke(x + (w * x0), y + (h * y0), thick, x + (w * x1), y + (h * y1), thick, strength));

        Line(-1, -1, -1, 1);
        if (letter == 'L')
        {
            Line(-1, 1, 1, 1);
            return;
        }
        Line(-1, -1, 0.4f, -1);
        Line(0.4f, -1, 1, -0.5f);
        Line(1, -0.5f, 0.4f, 0);
        Line(0.4f, 0, -1, 0);
        Line(-0.1f, 0, 1, 1);
    }

    private static void AddWires(List<Stroke> strokes, PhantomRandom random)
    {
        int count = 1 + random.Below(3);
        for (int i = 0; i < count; i++)
        {
            float x = random.Uniform(-0.6f, 0.6f);
            float y = random.Uniform(-0.45f, 0.45f);
            float strength = random.Uniform(0.15f, 0.3f);
            strokes.Add(new Stroke(x, y, 0.030f, x, y, 0.030f, 0.7f * strength));
            strokes.Add(new Stroke(x, y, 0.012f, x, y, 0.012f, 1.5f * strength));
            float angle = random.Uniform(0.2f, MathF.PI - 0.2f) * (random.Chance(0.7f) ? 1f : -1f);
            float bend = random.Uniform(-0.05f, 0.05f);
            for (int step = 0; step < 40; step++)
            {
                angle += bend;
                (float sine, float cosine) = MathF.SinCos(angle);
                float nextX = x + (0.05f * cosine);
                float nextY = y + (0.05f * sine);
                strokes.Add(new Stroke(x, y, 0.006f, nextX, nextY, 0.006f, strength));
                (x, y) = (nextX, nextY);
                bend += random.Uniform(-0.012f, 0.012f);
            }
        }
    }
}
