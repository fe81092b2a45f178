using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>The convolution on every GPU-like device that is present, against the reference.</summary>
/// <remarks>All values are small integers: every sum is exact in single precision in any order, so results must be equal.</remarks>
[TestFixtureSource(nameof(Fixtures))]
public sealed class ConvolutionGpuTests(string selector, ConvolutionAlgorithm algorithm)
{
    private const string None = "none";

    private ComputeDevice? device;

    private static IEnumerable<object[]> Fixtures()
    {
        string[] selectors = [.. DeviceCatalog.List().Where(d => d.Kind != DeviceKind.Cpu).Select(d => d.Selector)];
        return from present in selectors.DefaultIfEmpty(None)
               from algorithm in new[] { ConvolutionAlgorithm.Naive, ConvolutionAlgorithm.Tiled }
               select new object[] { present, algorithm };
    }

    private static IEnumerable<ConvolutionShape> Shapes()
    {
        // Every kernel, stride and padding, once with odd channels and once with quads of channels.
        foreach ((int c, int k) in new[] { (3, 5), (4, 8) })
            foreach ((int r, int s) in new[] { (1, 1), (2, 2), (3, 3), (5, 5), (7, 7), (1, 7), (3, 2) })
                for (int stride = 1; stride <= 3; stride++)
                    for (int padding = 0; padding <= 3; padding++)
                        yield return new ConvolutionShape(2, 9, 7, c, k, r, s, stride, padding);
        // Channels on either side of every quad, tile and warp.
        foreach (int c in new[] { 1, 3, 5, 17, 33, 63, 64, 65, 67 })
        {
            yield return new ConvolutionShape(1, 5, 6, c, 67, 3, 3, 1, 1);
            yield return new ConvolutionShape(1, 5, 6, 68, c, 3, 3, 2, 1);
        }
        // Pixels on either side of a tile of 64 and of 128 rows.
        foreach (int width in new[] { 1, 63, 64, 65, 127, 128, 129 })
        {
            yield return new ConvolutionShape(1, 1, width, 8, 12, 1, 1, 1, 0);
            yield return new ConvolutionShape(1, 1, width, 7, 11, 1, 1, 1, 0);
        }
        // The large tile with ragged edges, with and without quads, with and without slices.
        yield return new ConvolutionShape(2, 5, 25, 32, 252, 1, 1, 1, 0);
        yield return new ConvolutionShape(2, 5, 25, 31, 251, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 10, 25, 252, 252, 2, 2, 1, 1);
        yield return new ConvolutionShape(1, 10, 25, 251, 250, 2, 2, 1, 1);
        // A linear layer; the first layer of ResNet; more pixels than one slice of a filter's gradient.
        yield return new ConvolutionShape(5, 1, 1, 600, 130, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 32, 32, 3, 64, 7, 7, 2, 3);
        yield return new ConvolutionShape(2, 40, 41, 4, 8, 3, 3, 1, 1);
    }

    [OneTimeSetUp]
    public void Open()
    {
        if (selector == None)
            Assert.Ignore("There is no CUDA or OpenCL device here; install a driver (pocl will do) to run these tests.");
        device = DeviceCatalog.Open(selector, new DeviceOptions { Algorithms = $"convolution={algorithm}" });
    }

    [OneTimeTearDown]
    public void Close() => device?.Dispose();

    [TestCaseSource(nameof(Shapes))]
    public void ForwardEqualsTheReference(ConvolutionShape shape)
    {
        double[] input = Integers(shape.Input.Count, 1), weights = Integers(shape.Weights.Count, 2), bias = Integers(shape.K, 3);
        foreach (double[] addend in new[] { bias, [] })
        {
            var expected = new double[shape.Output.Count];
            ConvolutionReference.Forward(expected, input, weights, addend, shape);
            using var memory = new Memory(device!);
            Tensor output = memory.Tensor(shape.Output), x = memory.Tensor(shape.Input, input);
            ArrayView<float> w = memory.View(weights), b = memory.View(addend);
            memory.Run(() => Operator.Forward(device!, output, x, w, b, shape));
            Assert.That(memory.Read(output.View), Is.EqualTo(expected));
        }
    }

    [TestCaseSource(nameof(Shapes))]
    public void BackwardDataEqualsTheReference(ConvolutionShape shape)
    {
        double[] gradOutput = Integers(shape.Output.Count, 4), weights = Integers(shape.Weights.Count, 5), before = Integers(shape.Input.Count, 6);
        var expected = new double[shape.Input.Count];
        ConvolutionReference.BackwardData(expected, gradOutput, weights, shape);
        foreach (bool accumulate in new[] { false, true })
        {
            using var memory = new Memory(device!);
            Tensor gradInput = memory.Tensor(shape.Input, before), dy = memory.Tensor(shape.Output, gradOutput);
            ArrayView<float> w = memory.View(weights);
            memory.Run(() => Operator.BackwardData(device!, gradInput, dy, w, accumulate, shape));
            Assert.That(memory.Read(gradInput.View), Is.EqualTo(accumulate ? [.. expected.Zip(before, (a, b) => a + b)] : expected));
        }
    }

    [TestCaseSource(nameof(Shapes))]
    public void BackwardWeightsEqualsTheReference(ConvolutionShape shape)
    {
        double[] gradOutput = Integers(shape.Output.Count, 7), input = Integers(shape.Input.Count, 8);
        var expected = new double[shape.Weights.Count];
        var expectedBias = new double[shape.K];
        ConvolutionReference.BackwardWeights(expected, gradOutput, input, shape);
        ConvolutionReference.BackwardBias(expectedBias, gradOutput, shape);
        using var memory = new Memory(device!);
        Tensor dy = memory.Tensor(shape.Output, gradOutput), x = memory.Tensor(shape.Input, input);
        ArrayView<float> gradWeights = memory.View(new double[shape.Weights.Count]), gradBias = memory.View(new double[shape.K]);
        memory.Run(() => Operator.BackwardWeights(device!, gradWeights, gradBias, dy, x, shape));
        Assert.That(memory.Read(gradWeights), Is.EqualTo(expected));
        Assert.That(memory.Read(gradBias), Is.EqualTo(expectedBias));
    }

    private static double[] Integers(long count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => (double)random.Next(-3, 4))];
    }

    /// <summary>Arrays on the device that live as long as a test.</summary>
    private sealed class Memory(ComputeDevice device) : IDisposable
    {
        private readonly List<IDisposable> buffers = [];

        public Tensor Tensor(TensorShape shape, double[]? values = null) => new(shape, View(values ?? new double[shape.Count]));

        public ArrayView<float> View(double[] values)
        {
            if (values.Length == 0)
                return ArrayView<float>.Empty;
            DeviceBuffer<float> buffer = device.Allocate<float>(values.Length);
            buffers.Add(buffer);
            device.Upload<float>(buffer.View, Array.ConvertAll(values, value => (float)value));
            return buffer.View;
        }

        public double[] Read(ArrayView<float> view) => Array.ConvertAll(device.Download(view), value => (double)value);

        public void Run(Action step)
        {
            device.Plan(step);
            step();
        }

        public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());
    }
}
