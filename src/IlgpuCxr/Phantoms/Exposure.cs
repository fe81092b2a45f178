namespace IlgpuCxr.Phantoms;

/// <summary>How attenuation becomes gray: the window that the radiographer chose, and the film's curve.</summary>
/// <remarks>
/// <code>gray = clamp((A - low) / (high - low), 0, 1)^gamma</code>
/// Its spread changes an image's mean brightness far more than any opacity does.
/// </remarks>
internal sealed class Exposure
{
    // Straight lines between this many points are nearer to the curve than half a gray level of 255.
    private const int TableSize = 1024;

    private readonly float[] curve = new float[TableSize + 2];
    private readonly float low;
    private readonly float scale;

    /// <summary>Draws an exposure.</summary>
    public Exposure(PhantomRandom random)
    {
        low = random.Uniform(-0.10f, 0.07f);
        scale = TableSize / (random.Uniform(0.82f, 1.22f) - low);
        float gamma = random.Uniform(0.65f, 1.55f);
        for (int i = 0; i < curve.Length; i++)
            curve[i] = MathF.Pow(MathF.Min(1f, (float)i / TableSize), gamma);
    }

    /// <summary>The gray, 0 to 1, of an attenuation.</summary>
    public float Gray(float attenuation)
    {
        float place = Math.Clamp((attenuation - low) * scale, 0f, TableSize);
        int index = (int)place;
        return Shade.Mix(curve[index], curve[index + 1], place - index);
    }
}
