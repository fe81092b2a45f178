namespace IlgpuCxr.Phantoms;

/// <summary>The few curves that all shadows are made of.</summary>
internal static class Shade
{
    /// <summary>
    /// How much of a round body a ray passes at a depth below its rim: <c>sqrt(1 - (1 - d)^2)</c> for d in [0, 1],
    /// 0 outside and 1 beyond. Its steep start is what makes the edges of organs crisp on an X-ray.
    /// </summary>
    public static float Chord(float depth)
    {
        float rest = 1f - Math.Clamp(depth, 0f, 1f);
        return MathF.Sqrt(1f - (rest * rest));
    }

    /// <summary>0 up to <paramref name="low"/>, 1 from <paramref name="high"/>, <c>3x^2 - 2x^3</c> between.</summary>
    public static float Step(float low, float high, float value)
    {
        float x = Math.Clamp((value - low) / (high - low), 0f, 1f);
        return x * x * (3f - (2f * x));
    }

    /// <summary>
    /// The cross-section of a bone, a tube whose wall is denser than its inside, at a distance from its axis in units
    /// of its radius: <c>0.65 sqrt(1 - d^2) + 0.35 max(0, 1 - ((|d| - 0.8) / 0.2)^2)</c>, and 0 beyond 1.
    /// </summary>
    public static float Bone(float distance)
    {
        float d = MathF.Abs(distance);
        if (d >= 1f)
            return 0f;
        float wall = (d - 0.8f) / 0.2f;
        return (0.65f * MathF.Sqrt(1f - (d * d))) + (0.35f * MathF.Max(0f, 1f - (wall * wall)));
    }

    /// <summary><c>a + (b - a) x</c>.</summary>
    public static float Mix(float a, float b, float x) => a + ((b - a) * x);
}
