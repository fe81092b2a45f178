using CsCheck;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// What must hold for operators on any shape and any values, tried on random ones; a failure prints the seed that
/// repeats it.
/// </summary>
/// <remarks>
/// Small integers again wherever a law is an equation: every sum is exact, and both sides must be equal to the last
/// bit.
/// </remarks>
[TestFixture(Implementation.Naive)]
[TestFixture(Implementation.Vector)]
public sealed class PropertyTests(Implementation kernels)
{
    private const int Samples = 60;

    private ComputeDevice device;

    private static readonly Gen<ConvolutionShape> convolutions =
        from window in Gen.Int[1, 5]
        from batch in Gen.Int[1, 3]
        from height in Gen.Int[window, 10]
        from width in Gen.Int[window, 10]
        from inChannels in Gen.Int[1, 20]
        from outChannels in Gen.Int[1, 20]
        from stride in Gen.Int[1, 3]
        from padding in Gen.Int[0, 3]
        select new ConvolutionShape(batch, height, width, inChannels, outChannels, window, window, stride, padding);

    private static readonly Gen<BatchNormShape> batchNorms =
        from batch in Gen.Int[2, 4]
        from height in Gen.Int[1, 6]
        from width in Gen.Int[1, 6]
        from channels in Gen.Int[1, 20]
        select new BatchNormShape(batch, height, width, channels);

    private static readonly Gen<MaxPoolingShape> maxPoolings =
        from window in Gen.Int[1, 4]
        from batch in Gen.Int[1, 3]
        from height in Gen.Int[window, 10]
        from width in Gen.Int[window, 10]
        from channels in Gen.Int[1, 20]
        from stride in Gen.Int[1, 3]
        from padding in Gen.Int[0, window / 2]
        select new MaxPoolingShape(batch, height, width, channels, window, stride, padding);

    private static readonly Gen<LossShape> losses =
        from batch in Gen.Int[1, 9]
        from classes in Gen.Int[2, 6]
        select new LossShape(batch, classes);

    private static readonly Gen<int> seeds = Gen.Int[0, 1_000_000];

    [OneTimeSetUp]
    public void Open() => device = kernels.Open()!;

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Convolution_is_linear_in_its_input() => Holds(convolutions, (shape, seed) =>
    {
        float[] x = TestData.Integers(shape.Input, seed), z = TestData.Integers(shape.Input, seed + 1);
        float[] weights = TestData.Integers(shape.Weights, seed + 2);
        float[] mixed = [.. x.Zip(z, (a, b) => 2 * a - 3 * b)];
        double[] Output(float[] input) => Compute.Convolution(
            device, shape, input, weights, null, new float[shape.Output.Count])["output"];
        Assert.That(Output(mixed), Is.EqualTo(Output(x).Zip(Output(z), (a, b) => 2 * a - 3 * b)));
    });

    [Test]
    public void Backward_passes_of_a_convolution_are_its_adjoints() => Holds(convolutions, (shape, seed) =>
    {
        // <conv(x, w), dy> = <x, conv*(dy, w)> = <w, conv°(dy, x)>
        float[] x = TestData.Integers(shape.Input, seed), w = TestData.Integers(shape.Weights, seed + 1);
        float[] dy = TestData.Integers(shape.Output, seed + 2);
        Results results = Compute.Convolution(device, shape, x, w, null, dy);
        double forward = Inner(results["output"], dy);
        Assert.That(Inner(results["grad_input"], x), Is.EqualTo(forward));
        Assert.That(Inner(results["grad_weight"], w), Is.EqualTo(forward));
        Assert.That(results["grad_bias"].Sum(), Is.EqualTo(dy.Sum(value => (double)value)));
    });

    [Test]
    public void An_image_moved_by_a_stride_moves_its_convolution_by_a_pixel() => Holds(convolutions, (sizes, seed) =>
    {
        // Without padding and with a frame that both positions leave, nothing falls off the edge.
        ConvolutionShape shape = sizes with { Padding = 0, H = sizes.H + sizes.Stride, W = sizes.W + sizes.Stride };
        float[] image = TestData.Integers(shape.Input, seed), weights = TestData.Integers(shape.Weights, seed + 1);
        var moved = new float[image.Length];
        for (int i = 0; i < moved.Length; i++)
        {
            (int c, int w, int h, int n) = Place(i, shape.Input);
            if (h >= shape.Stride && w >= shape.Stride)
                moved[i] = image[At(n, h - shape.Stride, w - shape.Stride, c, shape.Input)];
        }
        double[] before = Output(image), after = Output(moved);
        for (int i = 0; i < after.Length; i++)
        {
            (int k, int q, int p, int n) = Place(i, shape.Output);
            if (p > 0 && q > 0)
                Assert.That(after[i], Is.EqualTo(before[At(n, p - 1, q - 1, k, shape.Output)]));
        }

        double[] Output(float[] input) => Compute.Convolution(
            device, shape, input, weights, null, new float[shape.Output.Count])["output"];
    });

    [Test]
    public void Batch_norm_does_not_see_a_shift_or_a_power_of_two_of_its_input() => Holds(batchNorms, (shape, seed) =>
    {
        // Epsilon does, so the variance is made large against it: values of up to 1024 with steps of 256 leave a
        // relative share of 1e-10.
        float[] input = Array.ConvertAll(TestData.Integers(shape.Tensor, seed), value => 256 * value);
        float[] gradOutput = TestData.Integers(shape.Tensor, seed + 1);
        float[] weight = TestData.Floats(shape.C, seed + 2, offset: 1.5f), bias = TestData.Floats(shape.C, seed + 3);
        double[] Output(float[] x) => Compute.BatchNorm(
            device, shape, x, null, weight, bias, gradOutput, relu: false)["output"];
        double[] plain = Output(input), moved = Output(Array.ConvertAll(input, value => 4 * value + 2048));
        double bound = 8 * (shape.Pixels + 8) * OperatorCase.Roundoff;
        // A channel whose values are all the same has nothing but epsilon.
        for (int i = 0; i < plain.Length; i++)
        {
            if (!IsConstant(input, i % shape.C, shape))
                Assert.That(moved[i], Is.EqualTo(plain[i]).Within(bound * (1 + Math.Abs(plain[i]))));
        }
    });

    [Test]
    public void Batch_norm_gives_mean_bias_and_deviation_weight() => Holds(batchNorms, (shape, seed) =>
    {
        float[] input = Array.ConvertAll(TestData.Integers(shape.Tensor, seed), value => 256 * value);
        float[] gradOutput = TestData.Integers(shape.Tensor, seed + 1);
        float[] weight = TestData.Floats(shape.C, seed + 2, offset: 1.5f), bias = TestData.Floats(shape.C, seed + 3);
        Results results = Compute.BatchNorm(device, shape, input, null, weight, bias, gradOutput, relu: false);
        double bound = 8 * (shape.Pixels + 8) * OperatorCase.Roundoff;
        for (int c = 0; c < shape.C; c++)
        {
            double[] channel = [.. results["output"].Where((_, i) => i % shape.C == c)];
            double[] gradient = [.. results["grad_input"].Where((_, i) => i % shape.C == c)];
            double mean = channel.Average();
            Assert.That(mean, Is.EqualTo(bias[c]).Within(4 * bound));
            if (IsConstant(input, c, shape))
                continue;
            Assert.That(
                Math.Sqrt(channel.Average(value => (value - mean) * (value - mean))),
                Is.EqualTo(weight[c]).Within(4 * bound));
            // Neither a shift nor a stretch of the input changes the output, so the gradient is at right angles to
            // both. Of two values the gradient itself is 0, so what it is measured against are the terms that cancel.
            double scale = weight[c] * results["inverse_std"][c] * gradOutput
                .Where((_, i) => i % shape.C == c)
                .Sum(g => (double)Math.Abs(g)) + 1e-30;
            double[] x = [.. input.Where((_, i) => i % shape.C == c).Select(value => (double)value)];
            Assert.That(gradient.Sum() / scale, Is.Zero.Within(16 * bound));
            Assert.That(
                Inner(gradient, [.. x.Select(value => (float)(value / 1024))]) / scale, Is.Zero.Within(16 * bound));
        }
    });

    [Test]
    public void A_maximum_is_a_pixel_of_its_window_and_no_pixel_is_above_it() => Holds(maxPoolings, (shape, seed) =>
    {
        float[] input = TestData.Floats(shape.Input, seed), gradOutput = TestData.Integers(shape.Output, seed + 1);
        Results results = Compute.MaxPooling(device, shape, input, gradOutput);
        for (int i = 0; i < results["output"].Length; i++)
        {
            (int c, int q, int p, int n) = Place(i, shape.Output);
            int position = (int)results["positions"][i], r = position / shape.Window, s = position % shape.Window;
            int row = p * shape.Stride - shape.Padding + r, column = q * shape.Stride - shape.Padding + s;
            Assert.That(results["output"][i], Is.EqualTo(input[At(n, row, column, c, shape.Input)]));
            for (int h = shape.FirstRow(p); h < shape.EndRow(p); h++)
                for (int w = shape.FirstColumn(q); w < shape.EndColumn(q); w++)
                    Assert.That(input[At(n, h, w, c, shape.Input)], Is.LessThanOrEqualTo(results["output"][i]));
        }
        Assert.That(
            results["grad_input"].Sum(), Is.EqualTo(gradOutput.Sum(value => (double)value)),
            "every gradient arrives once");
    });

    [Test]
    public void A_mean_lies_between_the_extremes_and_keeps_the_gradient([Values(1, 3, 7)] int size) => Holds(
        batchNorms, (sizes, seed) =>
    {
        var shape = new AdaptiveAveragePoolingShape(sizes.N, sizes.H, sizes.W, sizes.C, size, size);
        float[] input = TestData.Floats(shape.Input, seed), gradOutput = TestData.Integers(shape.Output, seed + 1);
        Results results = Compute.AdaptiveAveragePooling(device, shape, input, gradOutput);
        double slack = (shape.H * shape.W + 2) * OperatorCase.Roundoff;
        Assert.That(results["output"].Max(), Is.LessThanOrEqualTo(input.Max() + slack));
        Assert.That(results["output"].Min(), Is.GreaterThanOrEqualTo(input.Min() - slack));
        double magnitude = gradOutput.Sum(value => (double)Math.Abs(value));
        Assert.That(
            results["grad_input"].Sum(),
            Is.EqualTo(gradOutput.Sum(value => (double)value)).Within(8 * slack * magnitude + 1e-30));
    });

    [Test]
    public void Softmax_does_not_see_what_is_added_to_all_logits() => Holds(losses, (shape, seed) =>
    {
        // Integers and a shift that is one too: the differences are exact, and so everything after them.
        float[] logits = TestData.Integers((long)shape.N * shape.C, seed);
        int[] targets = [.. Enumerable.Range(0, shape.N).Select(n => (n + seed) % shape.C)];
        Results plain = Compute.SoftmaxCrossEntropy(device, shape, logits, targets);
        Results moved = Compute.SoftmaxCrossEntropy(
            device, shape, Array.ConvertAll(logits, logit => logit + 1000), targets);
        Assert.That(moved["grad_logits"], Is.EqualTo(plain["grad_logits"]));
        Assert.That(moved["loss"], Is.EqualTo(plain["loss"]));
        for (int n = 0; n < shape.N; n++)
            Assert.That(
                plain["grad_logits"].Skip(n * shape.C).Take(shape.C).Sum(),
                Is.Zero.Within(8 * shape.C * OperatorCase.Roundoff), "probabilities add up to 1");
    });

    [Test]
    public void Focal_loss_with_gamma_0_and_alpha_a_half_is_half_of_binary_cross_entropy([Values] bool mean) => Holds(
        losses, (shape, seed) =>
    {
        int count = shape.N * shape.C;
        float[] logits = Array.ConvertAll(TestData.Floats(count, seed), logit => 5 * logit);
        float[] targets = Array.ConvertAll(CheckValues.Labels(count, seed), label => (float)label);
        Results focal = Compute.Focal(device, shape, logits, targets, new FocalOptions(Alpha: 0.5f, Gamma: 0, mean));
        Results entropy = Compute.BinaryCrossEntropy(device, shape, logits, targets);
        double factor = 0.5 * (mean ? 1 : count);
        double bound = (count + 16) * OperatorCase.Roundoff;
        Assert.That(
            focal["loss"][0],
            Is.EqualTo(factor * entropy["loss"][0]).Within(bound * (1 + factor * entropy["loss"][0])));
        Assert.That(
            focal["grad_logits"],
            Is.EqualTo(
                entropy["grad_logits"].Select(gradient => factor * gradient)).Within(16 * OperatorCase.Roundoff));
    });

    /// <summary>One thread: a device runs one step at a time.</summary>
    private static void Holds<TShape>(Gen<TShape> shapes, Action<TShape, int> law) =>
        Gen.Select(shapes, seeds).Sample((shape, seed) => law(shape, seed), iter: Samples, threads: 1);

    private static double Inner(double[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static (int C, int W, int H, int N) Place(int index, TensorShape shape) =>
        (index % shape.C, index / shape.C % shape.W, index / shape.C / shape.W % shape.H, index / shape.C / shape.W / shape.H);

    private static int At(int n, int h, int w, int c, TensorShape shape) =>
        ((n * shape.H + h) * shape.W + w) * shape.C + c;

    private static bool IsConstant(float[] input, int channel, BatchNormShape shape) =>
        input.Where((_, i) => i % shape.C == channel).Distinct().Count() == 1;
}
