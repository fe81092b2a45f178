using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>The analytic gradients of every reference against central differences, in double precision.</summary>
/// <remarks>
/// The loss is the output projected on a random vector: with the plain sum, batch norm's and softmax's gradients vanish, and wrong
/// ones would pass.
/// </remarks>
public sealed class GradientTests
{
    // (machine epsilon)^(1/3) balances the truncation and the rounding of a central difference; both are then near its square, 4e-11.
    private const double Step = 6e-6;
    private const double Tolerance = 1e-6;

    [Test]
    public void ConvolutionGradients([Values(1, 2, 3)] int stride, [Values(0, 1)] int padding)
    {
        var shape = new ConvolutionShape(N: 2, H: 7, W: 5, C: 3, K: 4, R: 3, S: 2, stride, padding);
        double[] x = TestData.Doubles(shape.Input.Count, 1), w = TestData.Doubles(shape.Weights.Count, 2), b = TestData.Doubles(shape.K, 3);
        double[] dy = TestData.Doubles(shape.Output.Count, 4);
        double Loss() => Project(dy, y => ConvolutionReference.Forward(y, x, w, b, shape));
        double[] dx = new double[x.Length], dw = new double[w.Length], db = new double[b.Length];
        ConvolutionReference.BackwardData(dx, dy, w, shape);
        ConvolutionReference.BackwardWeights(dw, dy, x, shape);
        ConvolutionReference.BackwardBias(db, dy, shape);
        AssertGradient(Loss, x, dx);
        AssertGradient(Loss, w, dw);
        AssertGradient(Loss, b, db);
    }

    [Test]
    public void MaxPoolingGradient([Values(2, 3)] int window, [Values(1, 2)] int stride)
    {
        var shape = new MaxPoolingShape(N: 2, H: 7, W: 5, C: 3, window, stride, Padding: 1);
        double[] x = TestData.Lattice(shape.Input.Count, 1), dy = TestData.Doubles(shape.Output.Count, 2), dx = new double[x.Length];
        var pixels = new int[dy.Length];
        double Loss() => Project(dy, y => MaxPoolingReference.Forward(y, pixels, x, shape));
        Loss();
        MaxPoolingReference.Backward(dx, dy, pixels, shape);
        AssertGradient(Loss, x, dx);
    }

    [Test]
    public void AdaptiveAveragePoolingGradient([Values(1, 3, 9)] int outputs)
    {
        var shape = new AdaptiveAveragePoolingShape(N: 2, H: 7, W: 5, C: 3, outputs, outputs);
        double[] x = TestData.Doubles(shape.Input.Count, 1), dy = TestData.Doubles(shape.Output.Count, 2), dx = new double[x.Length];
        AdaptiveAveragePoolingReference.Backward(dx, dy, shape);
        AssertGradient(() => Project(dy, y => AdaptiveAveragePoolingReference.Forward(y, x, shape)), x, dx);
    }

    [Test]
    public void BatchNormGradients([Values] bool relu)
    {
        var shape = new BatchNormShape(N: 2, H: 5, W: 3, C: 4);
        int count = (int)shape.Tensor.Count;
        // Scaled down, the residual's lattice still keeps the sums away from ReLU's kink: the assertion below sees to it.
        double[] x = TestData.Doubles(count, 1), r = TestData.Lattice(count, 2), w = TestData.Doubles(4, 3), b = TestData.Doubles(4, 4);
        double[] dy = TestData.Doubles(count, 5), y = new double[count], mean = new double[4], rstd = new double[4];
        double Loss() => Project(dy, output =>
        {
            double[] runningMean = new double[4], runningVar = new double[4];
            BatchNormReference.ForwardTraining(output, mean, rstd, runningMean, runningVar, x, r, w, b, 0.1, 1e-5, relu, shape);
            output.CopyTo(y);
        });
        Loss();
        Assert.That(y.Where(value => value != 0).Min(Math.Abs), Is.GreaterThan(100 * Step), "No output is near the kink.");
        double[] dx = new double[count], dr = new double[count], dw = new double[4], db = new double[4];
        BatchNormReference.Backward(dx, dr, dw, db, dy, y, x, mean, rstd, w, relu, shape);
        AssertGradient(Loss, x, dx);
        AssertGradient(Loss, r, dr);
        AssertGradient(Loss, w, dw);
        AssertGradient(Loss, b, db);
    }

    [Test]
    public void ReluGradient()
    {
        double[] x = TestData.Lattice(50, 1), dy = TestData.Doubles(50, 2), y = new double[50], dx = new double[50];
        ReluReference.Forward(y, x);
        ReluReference.Backward(dx, dy, y);
        AssertGradient(() => Project(dy, output => ReluReference.Forward(output, x)), x, dx);
    }

    [Test]
    public void DropoutGradient()
    {
        var mask = new DropoutMask(Key: 5, Step: 2, Rate: 0.4f);
        double[] x = TestData.Doubles(50, 1), dy = TestData.Doubles(50, 2), dx = new double[50];
        DropoutReference.Backward(dx, dy, mask);
        Assert.That(dx, Has.Some.Zero.And.Some.Not.Zero);
        AssertGradient(() => Project(dy, output => DropoutReference.Forward(output, x, mask)), x, dx);
    }

    [Test]
    public void LinearGradients()
    {
        var shape = new LinearShape(N: 3, In: 7, Out: 5);
        double[] x = TestData.Doubles(21, 1), w = TestData.Doubles(35, 2), b = TestData.Doubles(5, 3), dy = TestData.Doubles(15, 4);
        double Loss() => Project(dy, y => LinearReference.Forward(y, x, w, b, shape));
        double[] dx = new double[21], dw = new double[35], db = new double[5];
        LinearReference.BackwardData(dx, dy, w, shape);
        LinearReference.BackwardWeights(dw, db, dy, x, shape);
        AssertGradient(Loss, x, dx);
        AssertGradient(Loss, w, dw);
        AssertGradient(Loss, b, db);
    }

    [Test]
    public void SoftmaxCrossEntropyGradient()
    {
        var shape = new LossShape(N: 5, C: 4);
        double[] logits = TestData.Doubles(20, 1), gradient = new double[20], ignored = new double[20], loss = new double[1];
        int[] targets = [0, 3, 1, 1, 2];
        SoftmaxCrossEntropyReference.Forward(loss, gradient, logits, targets, shape);
        AssertGradient(
            () =>
            {
                SoftmaxCrossEntropyReference.Forward(loss, ignored, logits, targets, shape);
                return loss[0];
            },
            logits,
            gradient);
    }

    [Test]
    public void BinaryCrossEntropy()
    {
        var shape = new LossShape(N: 5, C: 3);
        double[] logits = TestData.Doubles(15, 1), targets = Targets(15), gradient = new double[15], ignored = new double[15], loss = new double[1];
        BinaryCrossEntropyReference.Forward(loss, gradient, logits, targets, shape);
        AssertGradient(
            () =>
            {
                BinaryCrossEntropyReference.Forward(loss, ignored, logits, targets, shape);
                return loss[0];
            },
            logits,
            gradient);
    }

    [Test]
    public void Focal([Values(0, 1.5f, 2)] float gamma, [Values] bool mean)
    {
        var shape = new LossShape(N: 5, C: 3);
        var options = new FocalOptions(Alpha: 0.25f, gamma, mean);
        double[] logits = TestData.Doubles(15, 1), targets = Targets(15), gradient = new double[15], ignored = new double[15], loss = new double[1];
        FocalReference.Forward(loss, gradient, logits, targets, options, shape);
        AssertGradient(
            () =>
            {
                FocalReference.Forward(loss, ignored, logits, targets, options, shape);
                return loss[0];
            },
            logits,
            gradient);
    }

    [Test]
    public void WrongGradientsAreFound()
    {
        var shape = new LinearShape(N: 3, In: 7, Out: 5);
        double[] x = TestData.Doubles(21, 1), w = TestData.Doubles(35, 2), dy = TestData.Doubles(15, 4), dx = new double[21];
        double Loss() => Project(dy, y => LinearReference.Forward(y, x, w, [], shape));
        LinearReference.BackwardData(dx, dy, w, shape);
        double[] scaled = Array.ConvertAll(dx, g => g * 1.00001), swapped = [.. dx];
        (swapped[3], swapped[4]) = (swapped[4], swapped[3]);
        Assert.Multiple(() =>
        {
            Assert.That(RelativeDifference(Loss, x, scaled), Is.GreaterThan(Tolerance));
            Assert.That(RelativeDifference(Loss, x, swapped), Is.GreaterThan(Tolerance));
            Assert.That(RelativeDifference(Loss, x, new double[21]), Is.GreaterThan(Tolerance));
        });
    }

    private delegate void Forward(Span<double> output);

    private static double Project(double[] gradOutput, Forward forward)
    {
        var output = new double[gradOutput.Length];
        forward(output);
        return output.Zip(gradOutput, (a, b) => a * b).Sum();
    }

    private static void AssertGradient(Func<double> loss, double[] parameters, double[] gradient) =>
        Assert.That(RelativeDifference(loss, parameters, gradient), Is.LessThan(Tolerance));

    /// <summary>The greatest difference of an element from its central difference, relative to the greatest element.</summary>
    private static double RelativeDifference(Func<double> loss, double[] parameters, double[] gradient)
    {
        double worst = 0, scale = 0;
        for (int i = 0; i < parameters.Length; i++)
        {
            double value = parameters[i], step = Step * Math.Max(1, Math.Abs(value));
            parameters[i] = value + step;
            double above = loss();
            parameters[i] = value - step;
            double below = loss();
            parameters[i] = value;
            double numeric = (above - below) / (2 * step);
            worst = Math.Max(worst, Math.Abs(numeric - gradient[i]));
            scale = Math.Max(scale, Math.Abs(numeric));
        }
        return worst / scale;
    }

    private static double[] Targets(int count) => [.. Enumerable.Range(0, count).Select(i => i % 3 == 1 ? 1.0 : 0.0)];
}
