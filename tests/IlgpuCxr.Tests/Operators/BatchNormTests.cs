using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// Batch normalisation against its reference; its divisions and roots are never exact, so the bounds are derived.
/// </summary>
[Parallelizable(ParallelScope.Children)]
public sealed class BatchNormTests
{
    private static readonly Implementation[] Kernels =
        new[]
        {
            Implementation.Naive,
            Implementation.Vector,
            Implementation.Gpu,
            Implementation.Cuda,
            Implementation.OpenCl,
        }.OnThisMachine();

    private static readonly BatchNormShape[] Shapes =
    [
        new(N: 2, H: 1, W: 1, C: 1),
        new(N: 8, H: 1, W: 1, C: 3),
        new(N: 1, H: 7, W: 5, C: 5),
        new(N: 3, H: 11, W: 13, C: 17),
        new(N: 2, H: 5, W: 3, C: 33),
        new(N: 5, H: 17, W: 13, C: 67),
        new(N: 3, H: 29, W: 23, C: 64),
        new(N: 2, H: 9, W: 11, C: 36),
        // Several chunks of one channel, the last of which is short.
        new(N: 2, H: 127, W: 131, C: 1),
    ];

    [Test]
    public void TrainingMatchesReferenceWithinRounding(
        [ValueSource(nameof(Shapes))] BatchNormShape shape, [Values] bool residual, [Values] bool relu,
        [Values] bool inPlace, [ValueSource(nameof(Kernels))] Implementation kernels)
    {
        // A mean of 3 standard deviations, so that a variance computed as mean(x²) - mean(x)² would fail.
        float[] input = TestData.Floats(shape.Tensor, 1, offset: 2), weight = TestData.Floats(shape.C, 2, offset: 1.5f);
        float[] bias = TestData.Floats(shape.C, 3);
        float[]? added = residual ? TestData.Floats(shape.Tensor, 4) : null;
        float[] gradOutput = TestData.Integers(shape.Tensor, 5);
        Dictionary<string, double[]> expected = Compute.BatchNorm(
            null, shape, input, added, weight, bias, gradOutput, relu);
        using ComputeDevice? device = kernels.Open();
        Dictionary<string, double[]> actual = Compute.BatchNorm(
            device, shape, input, added, weight, bias, gradOutput, relu, inPlace);
        AssertForward(shape, input, added, weight, bias, expected, actual);
        AssertBackward(shape, input, weight, gradOutput, relu, actual);
    }

    [Test]
    public void FrozenAffineParametersGetNoGradientButTheInputDoes(
        [ValueSource(nameof(Kernels))] Implementation kernels)
    {
        var shape = new BatchNormShape(N: 2, H: 3, W: 4, C: 5);
        using ComputeDevice device = kernels.Open()!;
        using var memory = new DeviceMemory(device);
        Tensor input = memory.Tensor(shape.Tensor, TestData.Floats(shape.Tensor, 1));
        Tensor gradOutput = memory.Tensor(shape.Tensor, TestData.Floats(shape.Tensor, 2));
        Tensor trained = memory.Tensor(shape.Tensor), frozen = memory.Tensor(shape.Tensor);
        var mean = memory.Vector(TestData.Floats(5, 3));
        var inverseStd = memory.Vector(TestData.Floats(5, 4, offset: 2));
        var gradWeight = memory.Vector(5);
        var gradBias = memory.Vector(5);
        memory.Run(() =>
        {
            BatchNorm.Backward(
                device, trained, null, gradWeight, gradBias, gradOutput, null, input, mean, inverseStd, inverseStd,
                inverseStd, relu: false, shape);
            BatchNorm.Backward(
                device, frozen, null, default, default, gradOutput, null, input, mean, inverseStd, inverseStd,
                inverseStd, relu: false, shape);
        });
        Assert.That(memory.Read(frozen), Is.EqualTo(memory.Read(trained)));
    }

    [Test]
    public void AResidualThatWantsNoGradientStillTellsWhereTheReluGaveZero(
        [ValueSource(nameof(Kernels))] Implementation kernels, [Values(4, 5)] int channels)
    {
        var shape = new BatchNormShape(N: 2, H: 3, W: 4, channels);
        using ComputeDevice device = kernels.Open()!;
        using var memory = new DeviceMemory(device);
        Tensor input = memory.Tensor(shape.Tensor, TestData.Floats(shape.Tensor, 1));
        Tensor residual = memory.Tensor(shape.Tensor, TestData.Floats(shape.Tensor, 2));
        Tensor output = memory.Tensor(shape.Tensor);
        Tensor gradOutput = memory.Tensor(shape.Tensor, TestData.Floats(shape.Tensor, 3));
        Tensor wanted = memory.Tensor(shape.Tensor), unwanted = memory.Tensor(shape.Tensor);
        Tensor gradResidual = memory.Tensor(shape.Tensor);
        var (mean, inverseStd, runningMean, runningVar) =
            (memory.Vector(channels), memory.Vector(channels), memory.Vector(channels), memory.Vector(channels));
        var (weight, bias) = (memory.Vector(TestData.Floats(channels, 4)), memory.Vector(TestData.Floats(channels, 5)));
        memory.Run(() =>
        {
            BatchNorm.ForwardTraining(
                device, output, mean, inverseStd, runningMean, runningVar, input, residual, weight, bias, 0.1f, 1e-5f,
                relu: true, shape);
            BatchNorm.Backward(
                device, wanted, gradResidual, default, default, gradOutput, output, input, mean, inverseStd, weight,
                bias, relu: true, shape);
            BatchNorm.Backward(
                device, unwanted, null, default, default, gradOutput, output, input, mean, inverseStd, weight, bias,
                relu: true, shape);
        });
        Assert.That(memory.Read(unwanted), Is.EqualTo(memory.Read(wanted)));
    }

    /// <summary>
    /// Statistics that a convolution's block tiles have written: few slices, and so many that they are merged twice; of
    /// one value and of several, the last slice short.
    /// </summary>
    [Test]
    public void Statistics_that_the_input_carries_take_the_place_of_its_own(
        [Values(1, 3, 64)] int length, [Values(2000, 4100)] int pixels)
    {
        var shape = new BatchNormShape(N: 1, H: 1, W: pixels, C: 36);
        float[] input = TestData.Floats(shape.Tensor, 1, offset: 2), ones = [.. Enumerable.Repeat(1f, shape.C)];
        var slices = PixelSlices.OfLength(pixels, shape.C, length);
        var moments = new float[slices.Count * 2 * shape.C];
        for (int slice = 0; slice < slices.Count; slice++)
            for (int c = 0; c < shape.C; c++)
            {
                double[] values =
                [
                    .. Enumerable.Range(
                        slice * length,
                        Math.Min(length, pixels - slice * length)).Select(pixel => (double)input[pixel * shape.C + c]),
                ];
                moments[slice * 2 * shape.C + c] = (float)values.Average();
                moments[(slice * 2 + 1) * shape.C + c] = (float)values.Sum(
                    value => Math.Pow(value - values.Average(), 2));
            }
        using ComputeDevice device = Implementation.Gpu.Open()!;
        using var memory = new DeviceMemory(device);
        // What the input holds is not read for them.
        Tensor x = memory.Tensor(shape.Tensor, new float[input.Length]), y = memory.Tensor(shape.Tensor);
        var partial = new Tensor(new TensorShape(slices.Count, 1, 2, shape.C), memory.Vector(moments));
        var (mean, inverseStd) = (memory.Vector(shape.C), memory.Vector(shape.C));
        var (runningMean, runningVar) = (memory.Vector(new float[shape.C]), memory.Vector(ones));
        memory.Run(() =>
        {
            x.Statistics = new PixelStatistics(partial, slices);
            BatchNorm.ForwardTraining(
                device, y, mean, inverseStd, runningMean, runningVar, x, null, memory.Vector(ones), memory.Vector(ones),
                0.1f, 1e-5f, relu: false, shape);
        });
        Dictionary<string, double[]> expected = Compute.BatchNorm(
            null, shape, input, null, ones, ones, new float[input.Length], relu: false);
        // Rounded moments, merged in a chain of at most 64 and five steps of a tree.
        double bound = 80 * OperatorCase.Roundoff;
        Assert.That(memory.Read(mean), Is.EqualTo(expected["mean"]).Within(3 * bound));
        Assert.That(
            memory.Read(inverseStd), Is.EqualTo(expected["inverse_std"]).Within(bound * expected["inverse_std"].Max()));
        Assert.That(x.TakeStatistics(), Is.Null, "They are used once.");
    }

    [TestCase(1024)]
    [TestCase(1025)]
    [TestCase(70_000)]
    [TestCase(65_536 * 64)]
    public void Slices_are_merged_until_they_are_few(int count)
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions());
        device.Plan(() =>
        {
            var slices = PixelSlices.OfLength(count, channels: 4, length: 1);
            (Tensor moments, PixelSlices merged) = BatchNormQuadPasses<SingleElements>.MergeMany(
                device, new PixelStatistics(device.Arena.Rent(new TensorShape(count, 1, 2, 4)), slices));
            Assert.That(merged.Count, Is.LessThanOrEqualTo(BatchNormStatisticsQuad.MaxSlices));
            Assert.That(moments.Shape, Is.EqualTo(new TensorShape(merged.Count, 1, 2, 4)));
            moments.Release();
        });
    }

    [Test]
    public void However_many_slices_there_are_the_grid_that_merges_them_fits_CUDA()
    {
        const int count = 65_536 * 64;
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions { Graphs = true });
        using DeviceBuffer<float> memory = device.Allocate<float>(8L * count);
        void Merge() => BatchNormQuadPasses<SingleElements>.MergeMany(
            device,
            new PixelStatistics(
                new Tensor(new TensorShape(count, 1, 2, 4), memory.View), PixelSlices.OfLength(count, 4, 1)))
            .Moments.Release();
        device.Plan(Merge);
        using ILaunchGraph? graph = device.Record(Merge);
        Assert.That(graph, Is.Not.Null);
    }

    [Test]
    public void OneValueAChannelHasNoVariance()
    {
        var shape = new BatchNormShape(N: 1, H: 1, W: 1, C: 4);
        float[] values = TestData.Floats(4, 1);
        using ComputeDevice? device = Implementation.Vector.Open();
        Assert.That(
            () => Compute.BatchNorm(device, shape, values, null, values, values, values, relu: false),
            Throws.ArgumentException.With.Message.Contains("n1 1x1x4"));
    }

    /// <summary>
    /// With u the roundoff and k the longest chain of additions: the mean is off by at most k u mean|x|, the variance
    /// by a factor of 1 + (k + 4) u and the square of the mean's error, its inverse root by half of that; subtracting,
    /// scaling and adding round once each.
    /// </summary>
    private static void AssertForward(
        BatchNormShape shape, float[] input, float[]? residual, float[] weight, float[] bias,
        Dictionary<string, double[]> expected, Dictionary<string, double[]> actual)
    {
        double u = OperatorCase.Roundoff, k = Additions(shape);
        var excess = new Excess();
        for (int c = 0; c < shape.C; c++)
        {
            double meanAbsolute = 0;
            for (int i = c; i < input.Length; i += shape.C)
                meanAbsolute += Math.Abs(input[i]) / shape.Pixels;
            double rstd = expected["inverse_std"][c], mean = expected["mean"][c];
            double meanError = k * u * meanAbsolute, rootError = (k + 8) * u + meanError * meanError * rstd * rstd;
            excess.Add("mean", actual["mean"][c] - mean, meanError);
            excess.Add("inverse_std", actual["inverse_std"][c] - rstd, rootError * rstd);
            excess.Add(
                "running_mean", actual["running_mean"][c] - expected["running_mean"][c],
                meanError + 4 * u * Math.Abs(mean));
            excess.Add(
                "running_var", actual["running_var"][c] - expected["running_var"][c],
                2 * (rootError + 4 * u) * expected["running_var"][c]);
            double runningRootError = 2 * rootError + 8 * u;
            double runningRoot = 1 / Math.Sqrt(expected["running_var"][c] + 1e-5);
            for (int i = c; i < input.Length; i += shape.C)
            {
                double magnitude = Math.Abs(bias[c]) + (residual is null ? 0 : Math.Abs(residual[i]));
                double scaled = Math.Abs((input[i] - mean) * rstd * weight[c]);
                excess.Add("output", actual["output"][i] - expected["output"][i],
                    meanError * rstd * Math.Abs(weight[c]) + scaled * (rootError + 4 * u)
                    + 3 * u * (magnitude + scaled));
                double runningScaled = Math.Abs((input[i] - expected["running_mean"][c]) * runningRoot * weight[c]);
                excess.Add("eval_output", actual["eval_output"][i] - expected["eval_output"][i],
                    (meanError + 4 * u * Math.Abs(mean)) * runningRoot * Math.Abs(weight[c]) + runningScaled
                    * (runningRootError + 4 * u)
                    + 3 * u * (magnitude + runningScaled));
            }
        }
        excess.AssertNone();
    }

    /// <summary>
    /// Against the reference on what the kernels' own forward pass gave, so that only the backward pass is judged and
    /// ReLU cuts the same elements. A sum of k terms is off by at most (k + 3) u times the sum of their magnitudes.
    /// </summary>
    private static void AssertBackward(
        BatchNormShape shape, float[] input, float[] weight, float[] gradOutput, bool relu,
        Dictionary<string, double[]> actual)
    {
        double[] x = DeviceMemory.Widen(input), dy = DeviceMemory.Widen(gradOutput), w = DeviceMemory.Widen(weight);
        double[] dx = new double[x.Length], dr = new double[x.Length], dw = new double[shape.C];
        double[] db = new double[shape.C];
        double[] mean = actual["mean"], rstd = actual["inverse_std"];
        BatchNormReference.Backward(dx, dr, dw, db, dy, actual["output"], x, mean, rstd, w, relu, shape);
        double u = OperatorCase.Roundoff, k = Additions(shape) + 3;
        var excess = new Excess();
        for (int c = 0; c < shape.C; c++)
        {
            double magnitude = 0;
            for (int i = c; i < x.Length; i += shape.C)
                magnitude += Math.Abs(dr[i] * (x[i] - mean[c]) * rstd[c]);
            double weightError = k * u * magnitude;
            // Gradients are small integers here, so their sum is exact.
            excess.Add("grad_bias", actual["grad_bias"][c] - db[c], 0);
            excess.Add("grad_weight", actual["grad_weight"][c] - dw[c], weightError);
            for (int i = c; i < x.Length; i += shape.C)
            {
                double normalized = Math.Abs((x[i] - mean[c]) * rstd[c]);
                double terms =
                    Math.Abs(dr[i]) + Math.Abs(db[c]) / shape.Pixels + normalized * Math.Abs(dw[c]) / shape.Pixels;
                excess.Add("grad_input", actual["grad_input"][i] - dx[i],
                    Math.Abs(w[c] * rstd[c]) * (8 * u * terms + normalized * weightError / shape.Pixels));
            }
        }
        excess.AssertNone();
        if (actual.TryGetValue("grad_residual", out double[]? gradResidual))
            Assert.That(gradResidual, Is.EqualTo(dr));
    }

    /// <summary>
    /// The longest chain of float additions: naive kernels sum rows, then rows' sums; fast kernels sum a chunk.
    /// </summary>
    private static double Additions(BatchNormShape shape) =>
        Math.Min(shape.Pixels, Math.Max(shape.W + shape.N * shape.H, shape.ChunkPixels));

    /// <summary>The worst ratio of error to bound of each result.</summary>
    private sealed class Excess
    {
        private readonly Dictionary<string, double> worst = [];

        public void Add(string name, double error, double bound)
        {
            double ratio = error == 0 ? 0 : Math.Abs(error) / bound;
            if (!(ratio <= worst.GetValueOrDefault(name)))
                worst[name] = ratio;
        }

        public void AssertNone() => Assert.Multiple(() =>
        {
            foreach ((string name, double ratio) in worst)
                Assert.That(ratio, Is.LessThanOrEqualTo(1), $"{name}: error over bound");
        });
    }
}
