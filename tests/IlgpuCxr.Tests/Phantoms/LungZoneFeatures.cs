using IlgpuCxr.Phantoms;

namespace IlgpuCxr.Tests.Phantoms;

/// <summary>
/// An oracle's view: it knows where the lungs are and compares the brightness of their zones, inner and outer, left and
/// right, from the apex to the diaphragm.
/// </summary>
internal static class LungZoneFeatures
{
    private const int Heights = 6;
    private const int Depths = 3;
    private const int Zones = Heights * Depths;

    /// <summary>
    /// In units of the lungs' own range of brightness, so that exposure drops out: the differences between the sides
    /// by size, smallest first, and how much brighter each side's outer zones are than its inner ones.
    /// </summary>
    public static double[] Of(PhantomPlan plan, byte[] pixels, int size)
    {
        double[] zones = ZoneMeans(plan, pixels, size);
        double[] sorted = [.. zones.Order()];
        double darkest = sorted[2];
        double range = Percentile(pixels, 0.9) - darkest + 1;
        double[] tone = [.. zones.Select(z => (z - darkest) / range)];

        double[] between =
            [.. Enumerable.Range(0, Zones).Select(zone => Math.Abs(tone[zone] - tone[Zones + zone])).Order()];
        var features = new List<double>(between);
        features.AddRange(Enumerable.Range(0, Zones).Select(zone => tone[zone] + tone[Zones + zone]));
        for (int height = 0; height < Heights; height++)
        {
            double right = Outwards(tone, height * Depths);
            double left = Outwards(tone, Zones + (height * Depths));
            features.Add(Math.Min(right, left));
            features.Add(Math.Max(right, left));
        }
        features.AddRange(RoughnessDownwards(tone, 0).Zip(
            RoughnessDownwards(tone, Zones), (right, left) => Math.Max(right, left)));
        features.AddRange(RoughnessDownwards(tone, 0).Zip(
            RoughnessDownwards(tone, Zones), (right, left) => Math.Min(right, left)));
        return [.. features];
    }

    private static double Outwards(double[] tone, int inner) => tone[inner + Depths - 1] - tone[inner];

    // A lobe ends where its neighbour begins: the largest step from one height to the next, for each depth.
    private static IEnumerable<double> RoughnessDownwards(double[] tone, int side) =>
        Enumerable.Range(0, Depths).Select(depth => Enumerable.Range(1, Heights - 1).Max(height =>
            Math.Abs(tone[side + (height * Depths) + depth] - tone[side + ((height - 1) * Depths) + depth])));

    private static double[] ZoneMeans(PhantomPlan plan, byte[] pixels, int size)
    {
        var sums = new double[2 * Zones];
        var counts = new int[2 * Zones];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, size);
            (float x, float y) = plan.View.ToBody(((column + 0.5f) * 2f / size) - 1f, ((row + 0.5f) * 2f / size) - 1f);
            LungPoint lung = plan.Anatomy.Lung(x < 0f ? -1f : 1f).Locate(x, y);
            if (lung.Air < 0.3f || plan.Anatomy.Mediastinum.Solid(x, y) > 0f)
                continue;
            int height = Math.Clamp((int)(lung.Down * Heights), 0, Heights - 1);
            int zone = (lung.Side < 0f ? 0 : Zones) + (height * Depths)
                + Math.Clamp((int)(lung.Across * Depths), 0, Depths - 1);
            sums[zone] += pixels[i];
            counts[zone]++;
        }
        return [.. sums.Zip(counts, (sum, count) => sum / Math.Max(1, count))];
    }

    private static double Percentile(byte[] pixels, double share) =>
        pixels.Order().ElementAt((int)(share * pixels.Length));
}
