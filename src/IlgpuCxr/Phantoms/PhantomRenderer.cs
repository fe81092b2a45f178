namespace IlgpuCxr.Phantoms;

/// <summary>Turns a plan into pixels: adds up what a ray passes, then exposes, blurs and adds noise.</summary>
/// <remarks>
/// By the law of Beer and Lambert the logarithm of what a detector sees is the sum of what lies on the ray; so
/// <code>
/// A = tissue T + abdomen + breasts + heart sqrt(e) + bones
///     - air L (1 - heart)(1 - fluid)(1 - haze) + vessels L (1 - heart)(1 - fluid)
/// gray = exposure(A), blurred, + noise
/// </code>
/// with T of <see cref="Torso"/>, L of <see cref="LungField"/>, e of <see cref="Mediastinum"/>, bones of
/// <see cref="RibCage"/>, <see cref="ShoulderGirdle"/> and the spine, fluid of <see cref="Opacity"/>.
/// All of it is a function of body coordinates: the size only says where it is sampled.
/// </remarks>
internal static class PhantomRenderer
{
    /// <summary>Draws the image, row by row, <c>[size, size]</c>.</summary>
    public static byte[] Render(PhantomPlan plan, int size)
    {
        float[] vessels = Painted(plan.Anatomy.Vessels, plan.View, size);
        float[] bronchi = Painted(plan.Opacity?.Bronchi ?? [], plan.View, size);
        float[] wires = Painted(plan.Distractors.Wires, plan.View, size);
        float[] markers = Painted(plan.Distractors.Markers, ViewGeometry.Detector, size);

        var gray = new float[size * size];
        float pixel = 2f / size;
        for (int row = 0; row < size; row++)
        {
            float v = ((row + 0.5f) * pixel) - 1f;
            for (int column = 0; column < size; column++)
            {
                float u = ((column + 0.5f) * pixel) - 1f;
                int i = (row * size) + column;
                if (plan.Distractors.IsCovered(u, v))
                    continue;
                (float x, float y) = plan.View.ToBody(u, v);
                float attenuation = Attenuation(plan, x, y, vessels[i], bronchi[i]) + wires[i];
                gray[i] = MathF.Max(plan.Exposure.Gray(attenuation), markers[i]);
            }
        }
        GaussianBlur.Apply(gray, size, MathF.Max(0.35f, plan.Blur * size));
        return Digitise(gray, plan);
    }

    private static float Attenuation(PhantomPlan plan, float x, float y, float vessel, float bronchus)
    {
        Anatomy body = plan.Anatomy;
        float thickness = body.Torso.Thickness(x, y);
        if (thickness == 0f)
            return 0f;
        LungPoint lung = body.Lung(x < 0f ? -1f : 1f).Locate(x, y);
        float grain = body.Texture.At(x, y, 3f, 3);
        float solid = body.Mediastinum.Solid(x, y);
        float heart = Math.Clamp(solid * 12f, 0f, 1f);

        float sum = body.Tissue * thickness * (1f + (0.05f * grain));
        sum += body.Tilt * x * thickness;
        sum += Abdomen(body, x, y, lung) * thickness;
        sum += body.Torso.Breasts(x, y);
        sum += body.HeartShade * (solid > 0f ? MathF.Sqrt(solid) : 0f) * HeartHeight(y);
        sum += body.Mediastinum.Spine(x, y) - body.Mediastinum.Trachea(x, y);
        sum += body.Ribs.At(x, y, lung) + body.Shoulders.At(x, y);
        if (lung.Air == 0f)
            return sum;

        float fluid = plan.Opacity?.Fluid(x, y, lung, bronchus) ?? 0f;
        float haze = plan.Difficulty.Haze * ((0.7f * body.Texture.At(x + 9f, y + 4f, 1.7f, 2)) + (0.3f * grain));
        float air = lung.Air * (1f - (0.93f * heart)) * (1f - fluid);
        return sum - (body.Air * air * (1f - haze)) + (vessel * air);
    }

    // Above the heart its shade is that of the great vessels, less and less of them; below it there is the abdomen's.
    private static float HeartHeight(float y) =>
        Shade.Mix(0.25f, 1f, Shade.Step(-0.65f, 0f, y)) * (1f - Shade.Step(0.30f, 0.62f, y));

    private static float Abdomen(Anatomy body, float x, float y, in LungPoint lung)
    {
        // Towards the midline the two domes, which differ in height, must become one soft transition.
        float middle = 1f - Shade.Step(0.06f, 0.22f, MathF.Abs(x));
        float below = Shade.Step(-0.01f - (0.10f * middle), 0.06f + (0.25f * middle), lung.BelowDome)
            * Shade.Mix(1f, 0.85f, Shade.Step(-0.15f, 0.15f, x));
        if (below == 0f)
            return 0f;
        float gas = 0f;
        if (body.StomachBubble > 0f && lung.Side > 0f)
        {
            float dx = (x - body.StomachX) / 0.14f;
            float dy = (lung.BelowDome - 0.10f) / 0.075f;
            gas = body.StomachBubble * MathF.Sqrt(MathF.Max(0f, 1f - (dx * dx) - (dy * dy)));
        }
        return (body.Abdomen * below) - gas;
    }

    private static float[] Painted(IReadOnlyList<Stroke> strokes, ViewGeometry view, int size)
    {
        var plane = new float[size * size];
        StrokePainter.Paint(plane, size, strokes, view);
        return plane;
    }

    private static byte[] Digitise(float[] gray, PhantomPlan plan)
    {
        var pixels = new byte[gray.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            float noisy = gray[i] + (plan.Difficulty.Noise * plan.Noise.BellAt((ulong)i));
            pixels[i] = (byte)Math.Clamp((255f * noisy) + 0.5f, 0f, 255f);
        }
        return pixels;
    }
}
