using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;

namespace IlgpuCxr.Tests.Operators;

/// <remarks>
/// Statistics of n values with fixed keys. A share p has the standard error √(p (1 - p) / n); the bounds are four of
/// them, which chance exceeds once in 16 000 keys.
/// </remarks>
public sealed class DropoutTests
{
    private const int Length = 100_003;

    private const int Step = 3;

    private static readonly DropoutMask Mask = new(Key: 0x0123456789ABCDEF, Rate: 0.3f);

    /// <summary>The known answers of the authors' own test, <c>kat_vectors</c> of Random123.</summary>
    [TestCase(0u, 0u, 0u, 0u, 0u, 0u, 0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u)]
    [TestCase(
        0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0x408F276Du, 0x41C83B0Eu,
        0xA20BC7C6u, 0x6D5451FDu)]
    [TestCase(
        0x243F6A88u, 0x85A308D3u, 0x13198A2Eu, 0x03707344u, 0xA4093822u, 0x299F31D0u, 0xD16CFE09u, 0x94FDCCEBu,
        0x5001E420u, 0x24126EA1u)]
    public void The_generator_gives_the_known_answers(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint first, uint second, uint third, uint fourth)
    {
        var words = Philox.Words(c0, c1, c2, c3, k0, k1);
        Assert.That(Enumerable.Range(0, 4).Select(words.Word), Is.EqualTo(new[] { first, second, third, fourth }));
    }

    // A rate of one half scales by two, so that integers stay exact; lengths around the generator's four words.
    [Test]
    public void Kernels_equal_the_reference(
        [Values(1, 3, 4, 5, 4096, Length)] int length, [Values] bool inPlace,
        [Values(Implementation.Naive, Implementation.NaiveThroughIlgpu)] Implementation kernels)
    {
        using var device = kernels.Open()!;
        DropoutMask half = Mask with { Rate = 0.5f };
        float[] input = TestData.Integers(length, 1), gradOutput = TestData.Integers(length, 2);
        Dictionary<string, double[]> expected = Compute.Dropout(null, input, gradOutput, half, Step);
        Dictionary<string, double[]> actual = Compute.Dropout(device, input, gradOutput, half, Step, inPlace);
        Assert.That(actual["output"], Is.EqualTo(expected["output"]));
        Assert.That(actual["grad_input"], Is.EqualTo(expected["grad_input"]));
    }

    [Test]
    public void The_kernels_of_a_gpu_equal_the_reference(
        [Values(1, 5, 512, 515)] int length, [Values] bool inPlace, [Values] ElementType elements)
    {
        using var device = Implementation.Gpu.Open()!;
        DropoutMask half = Mask with { Rate = 0.5f };
        float[] input = TestData.Integers(length, 1), gradOutput = TestData.Integers(length, 2);
        Dictionary<string, double[]> expected = Compute.Dropout(null, input, gradOutput, half, Step);
        Dictionary<string, double[]> actual = Compute.Dropout(
            device, input, gradOutput, half, Step, inPlace, elements);
        Assert.That(actual["output"], Is.EqualTo(expected["output"]));
        Assert.That(actual["grad_input"], Is.EqualTo(expected["grad_input"]));
    }

    [TestCase(0.1f)]
    [TestCase(0.5f)]
    [TestCase(0.9f)]
    public void The_share_that_is_kept_is_that_of_the_rate_and_the_mean_stays(float rate)
    {
        double[] output = Output(Mask with { Rate = rate });
        double kept = output.Count(value => value != 0) / (double)Length, error = Math.Sqrt(rate * (1 - rate) / Length);
        Assert.That(kept, Is.EqualTo(1 - rate).Within(4 * error));
        Assert.That(output.Average(), Is.EqualTo(1).Within(4 * error / (1 - rate)));
        Assert.That(output.Distinct().Order(), Is.EqualTo(new[] { 0, 1 / (1 - (double)rate) }).Within(1e-12));
    }

    /// <summary>
    /// Neighbours within the four words of a block, across blocks, and at the distance of a layer's features.
    /// </summary>
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(4096)]
    public void Values_at_a_distance_are_dropped_independently(int distance)
    {
        double[] output = Output(Mask);
        int pairs = Length - distance;
        double share = Enumerable.Range(0, pairs).Count(
            i => output[i] == 0 && output[i + distance] == 0) / (double)pairs;
        double expected = 0.3 * 0.3;
        Assert.That(share, Is.EqualTo(expected).Within(4 * Math.Sqrt(expected * (1 - expected) / pairs)));
    }

    [Test]
    public void Another_step_or_key_drops_other_values_independently()
    {
        double[] output = Output(Mask);
        foreach ((DropoutMask other, int step) in new[] { (Mask, Step + 1), (Mask with { Key = Mask.Key + 1 }, Step), (Mask with { Key = Mask.Key + (1UL << 32) }, Step) })
        {
            double both = output
                .Zip(Output(other, step), (a, b) => a == 0 && b == 0)
                .Count(dropped => dropped) / (double)Length;
            Assert.That(both, Is.EqualTo(0.09).Within(4 * Math.Sqrt(0.09 * 0.91 / Length)), other.ToString());
        }
        Assert.That(Output(Mask), Is.EqualTo(output), "The same again.");
    }

    private static double[] Output(DropoutMask mask, int step = Step)
    {
        var output = new double[Length];
        DropoutReference.Forward(output, [.. Enumerable.Repeat(1.0, Length)], mask, step);
        return output;
    }
}
