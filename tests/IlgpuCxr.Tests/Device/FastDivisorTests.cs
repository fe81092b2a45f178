using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class FastDivisorTests
{
    [Test]
    public void DividesAsTheOperatorsDo(
        [Values(
            1, 2, 3, 4, 5, 7, 9, 27, 64, 147, 224, 25088, 65535, 65536, 65537, 1 << 30, int.MaxValue - 1,
            int.MaxValue)] int divisor)
    {
        var fast = new FastDivisor(divisor);
        var random = new Random(1);
        // Either side of every multiple near the ends of the range is where a rounded multiplier would be found out.
        long[] multiples = [0, 1, 2, int.MaxValue / divisor / 2, int.MaxValue / divisor];
        IEnumerable<long> edges = multiples.SelectMany(
            multiple => new[] { multiple * divisor - 1, multiple * divisor, multiple * divisor + 1 });
        IEnumerable<long> anywhere = Enumerable.Range(0, 1000).Select(_ => (long)random.Next());
        foreach (int n in edges.Concat(anywhere).Append(int.MaxValue).Where(n => n is >= 0 and <= int.MaxValue).Select(n => (int)n))
        {
            int quotient = fast.Divide(n, out int remainder);
            Assert.That((quotient, remainder), Is.EqualTo((n / divisor, n % divisor)), $"{n} / {divisor}");
        }
    }

    [Test]
    public void RefusesZero() => Assert.That(() => new FastDivisor(0), Throws.TypeOf<ArgumentOutOfRangeException>());
}
