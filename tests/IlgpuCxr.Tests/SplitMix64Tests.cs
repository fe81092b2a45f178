using IlgpuCxr.Data;

namespace IlgpuCxr.Tests;

public sealed class SplitMix64Tests
{
    [Test]
    public void Bits_are_balanced_and_neighbouring_streams_unrelated()
    {
        // 64 · 1000 fair bits have 32 000 ones with a standard deviation of √16 000 = 126.
        foreach ((int epoch, int sample) in new[] { (0, 1), (1, 0), (0, -1) })
        {
            SplitMix64 a = SplitMix64.ForSample(1, 0, 0), b = SplitMix64.ForSample(1, epoch, sample);
            int ones = 0, different = 0;
            for (int i = 0; i < 1000; i++)
            {
                ulong x = a.NextBits(), y = b.NextBits();
                ones += System.Numerics.BitOperations.PopCount(x);
                different += System.Numerics.BitOperations.PopCount(x ^ y);
            }
            Assert.That(ones, Is.EqualTo(32_000).Within(5 * 127));
            Assert.That(different, Is.EqualTo(32_000).Within(5 * 127));
        }
    }

    [Test]
    public void Integers_are_uniform()
    {
        var counts = new int[7];
        SplitMix64 random = SplitMix64.ForSample(3, 0, 0);
        for (int i = 0; i < 70_000; i++)
            counts[random.NextInt(7)]++;

        // Five standard deviations of a count: √(70 000 · 1/7 · 6/7) = 93.
        Assert.That(counts, Is.All.EqualTo(10_000).Within(5 * 93));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(100)]
    public void A_shuffled_order_is_a_permutation(int count) =>
        Assert.That(ImageBatchLoader.ShuffledOrder(count, 1, 2), Is.EquivalentTo(Enumerable.Range(0, count)));

    [Test]
    public void Every_place_is_equally_likely_for_every_sample()
    {
        const int seeds = 20_000, count = 5;
        var counts = new int[count * count];
        for (int seed = 0; seed < seeds; seed++)
        {
            int[] order = ImageBatchLoader.ShuffledOrder(count, seed, 0);
            for (int i = 0; i < count; i++)
                counts[order[i] * count + i]++;
        }

        // Five standard deviations of a count: √(20 000 · 1/5 · 4/5) = 57.
        Assert.That(counts, Is.All.EqualTo(seeds / count).Within(5 * 57));
    }
}
