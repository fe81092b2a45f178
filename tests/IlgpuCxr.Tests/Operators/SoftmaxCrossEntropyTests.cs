using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.Tests.Operators;

public sealed class SoftmaxCrossEntropyTests
{
    [TestCase(1, 2)]
    [TestCase(7, 3)]
    [TestCase(33, 17)]
    public void LossAndGradientMatchReferenceWithinRounding(int n, int c)
    {
        var shape = new LossShape(n, c);
        float[] logits = Array.ConvertAll(TestData.Floats(n * c, 1), x => 5 * x);
        int[] targets = [.. Enumerable.Range(0, n).Select(i => i * 5 % c)];
        using ComputeDevice? device = Implementation.Naive.Open();
        Dictionary<string, double[]> expected = Compute.SoftmaxCrossEntropy(null, shape, logits, targets);
        Dictionary<string, double[]> actual = Compute.SoftmaxCrossEntropy(device, shape, logits, targets);
        // Differences of logits up to 10 are rounded before the exponential, which turns that into a relative error;
        // the exponential itself, c additions, the quotient and the difference from 1 round a few times more.
        double error = (10 + c + 8) * OperatorCase.Roundoff;
        Assert.Multiple(() =>
        {
            Assert.That(
                actual["loss"][0],
                Is.EqualTo(expected["loss"][0]).Within(error + (n + 4) * OperatorCase.Roundoff * expected["loss"][0]));
            Assert.That(actual["grad_logits"], Is.EqualTo(expected["grad_logits"]).Within(error / n));
        });
    }

    [Test]
    public void ExtremeLogitsGiveFiniteLossAndGradient()
    {
        float[] logits = [1e30f, -1e30f, 120, -120, -120, 120, 0, 0];
        using ComputeDevice? device = Implementation.Naive.Open();
        Dictionary<string, double[]> actual = Compute.SoftmaxCrossEntropy(
            device, new LossShape(4, 2), logits, [0, 0, 0, 1]);
        Assert.Multiple(() =>
        {
            Assert.That(actual["loss"][0], Is.EqualTo((0 + 0 + 240 + Math.Log(2)) / 4).Within(1e-5));
            Assert.That(actual["grad_logits"], Is.EqualTo([0, 0, 0, 0, -0.25, 0.25, 0.125, -0.125]).Within(1e-7));
        });
    }

    [TestCase(-1)]
    [TestCase(2)]
    [TestCase(int.MaxValue)]
    public void AClassThatDoesNotExistHasNoLoss(int target)
    {
        using ComputeDevice? device = Implementation.Naive.Open();
        Dictionary<string, double[]> actual = Compute.SoftmaxCrossEntropy(
            device, new LossShape(2, 2), [1, 2, 3, 4], [0, target]);
        Assert.That(actual["loss"][0], Is.NaN);
    }
}
