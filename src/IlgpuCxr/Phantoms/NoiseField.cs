namespace IlgpuCxr.Phantoms;

/// <summary>Smooth random texture over the plane: value noise, in octaves.</summary>
/// <remarks>
/// <code>
/// noise(x, y)       = random numbers in [-1, 1) on a periodic 32 x 32 lattice, joined by 3x^2 - 2x^3
/// texture(x, y; f)  = sum over o = 0 .. octaves-1 of 2^-o noise(2^o f x, 2^o f y) / sum of 2^-o
/// </code>
/// </remarks>
internal sealed class NoiseField
{
    private const int Side = 32;

    private readonly float[] lattice = new float[Side * Side];

    /// <summary>Draws the lattice.</summary>
    public NoiseField(PhantomRandom random)
    {
        for (int i = 0; i < lattice.Length; i++)
            lattice[i] = random.Uniform(-1f, 1f);
    }

    /// <summary>
    /// The texture at a point; <paramref name="frequency"/> is that of the coarsest octave, cells a unit.
    /// </summary>
    public float At(float x, float y, float frequency, int octaves)
    {
        float sum = 0f;
        float weight = 1f;
        float total = 0f;
        for (int octave = 0; octave < octaves; octave++)
        {
            // The shift keeps the lattices of two octaves from lying on each other at the origin.
            sum += weight * Single((x * frequency) + (7.3f * octave), (y * frequency) + (3.7f * octave));
            total += weight;
            weight *= 0.5f;
            frequency *= 2f;
        }
        return sum / total;
    }

    private float Single(float x, float y)
    {
        float left = MathF.Floor(x);
        float top = MathF.Floor(y);
        float fx = x - left;
        float fy = y - top;
        fx *= fx * (3f - (2f * fx));
        fy *= fy * (3f - (2f * fy));
        int column0 = (int)left & (Side - 1);
        int column1 = (column0 + 1) & (Side - 1);
        int row0 = ((int)top & (Side - 1)) * Side;
        int row1 = (row0 + Side) & ((Side * Side) - 1);
        return Shade.Mix(
            Shade.Mix(lattice[row0 + column0], lattice[row0 + column1], fx),
            Shade.Mix(lattice[row1 + column0], lattice[row1 + column1], fx),
            fy);
    }
}
