using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>What <see cref="Tf32Math"/> says of its rounding.</summary>
public sealed class Tf32RoundingTests
{
    private const double Unit = 1.0 / (1 << 10);

    [Test]
    public void Keeps_every_number_that_tf32_holds()
    {
        for (uint bits = 0x3F800000; bits < 0x40000000; bits += 0x2000)
        {
            Assert.That(Rounded(bits), Is.EqualTo(bits));
            Assert.That(Rounded(bits | 0x80000000), Is.EqualTo(bits | 0x80000000));
        }
        Assert.That(Rounded(0), Is.Zero);
    }

    [TestCase(float.PositiveInfinity)]
    [TestCase(float.NegativeInfinity)]
    [TestCase(float.NaN)]
    public void Keeps_what_is_not_a_number(float value) =>
        Assert.That(
            BitConverter.UInt32BitsToSingle(Rounded(BitConverter.SingleToUInt32Bits(value))), Is.EqualTo(value));

    // The NaN that a GPU's arithmetic gives: one more in its bits would be a zero.
    [Test]
    public void Keeps_the_nan_of_a_gpu() => Assert.That(BitConverter.UInt32BitsToSingle(Rounded(0x7FFFFFFF)), Is.NaN);

    [Test]
    public void Errs_by_no_more_than_it_says_and_in_no_direction()
    {
        const int count = 1 << 20;
        double sum = 0, squares = 0;
        for (int i = 0; i < count; i++)
        {
            // The mantissas of numbers whose logarithms are spread evenly.
            float value = (float)Math.Pow(2, (i + 0.5) / count);
            double error = (BitConverter.UInt32BitsToSingle(Rounded(BitConverter.SingleToUInt32Bits(value))) - (double)value) / Unit;
            Assert.That(Math.Abs(error) / value, Is.LessThan(0.6535));
            sum += error;
            squares += error * error;
        }
        Assert.That(sum / count, Is.EqualTo(0).Within(1e-3));
        Assert.That(Math.Sqrt(squares / count), Is.EqualTo(0.306).Within(1e-3));
    }

    /// <summary>A factor as the tensor cores see it.</summary>
    private static uint Rounded(uint bits)
    {
        Fragment fragment = default;
        fragment.X = bits;
        return Tf32Math.Round(fragment).X & 0xFFFFE000;
    }
}
