namespace IlgpuCxr.Phantoms;

/// <summary>What a difficulty in [0, 1] means; between 0 and 1 everything is linear in it.</summary>
/// <param name="Contrast">What the fluid of an opacity is multiplied by: 1.6 at 0, 0.5 at 1.</param>
/// <param name="Haze">
/// The amplitude of the meaningless haze in all lungs, as a share of their air: 0.03 to 0.17.
/// </param>
/// <param name="Noise">The standard deviation of the detector's noise, in units of white: 0.004 to 0.024.</param>
/// <param name="Variety">
/// How much patients differ in what says nothing about the class, as a share of all ranges: 0.1 at 0, everything from
/// 0.5 on. Where they are alike, a network finds the opacity within a few hundred images.
/// </param>
/// <param name="Exposure">
/// How much exposures differ, likewise: 0.3 at 0, where a large and dense opacity would otherwise show in the
/// brightness; docs/phantoms.md has what a threshold and what the networks make of other shares.
/// </param>
/// <param name="Extent">What the radius of an opacity is multiplied by: 1.5 at 0, 1 from 0.5 on.</param>
internal readonly record struct PhantomDifficulty(
    float Contrast, float Haze, float Noise, float Variety, float Exposure, float Extent)
{
    /// <summary>The meaning of a difficulty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in [0, 1].</exception>
    public static PhantomDifficulty Of(double difficulty)
    {
        if (difficulty is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(difficulty), difficulty, "A phantom's difficulty must lie between 0 (easy) and 1 (hard).");
        }
        float d = (float)difficulty;
        float half = MathF.Min(1f, 2f * d);
        return new PhantomDifficulty(
            Contrast: Shade.Mix(1.60f, 0.50f, d), Haze: Shade.Mix(0.03f, 0.17f, d), Noise: Shade.Mix(0.004f, 0.024f, d),
            Variety: Shade.Mix(0.10f, 1f, half), Exposure: Shade.Mix(0.30f, 1f, half),
            Extent: Shade.Mix(1.5f, 1f, half));
    }
}
