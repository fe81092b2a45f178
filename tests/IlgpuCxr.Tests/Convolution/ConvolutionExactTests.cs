using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using ConvolutionOperator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>
/// With inputs that are small integers every sum is an integer below 2^24, which single precision holds exactly in any
/// order of summation: every algorithm must equal the reference bit for bit.
/// </summary>
public sealed class ConvolutionExactTests
{
    private const int Largest = 4;

    private static readonly ConvolutionShape[] Shapes =
    [
        // Tiles are 6 or 14 pixels by 8, 16 or 32 channels: one less, just so, one more.
        new(1, 1, 13, 16, 31, 1, 1, 1, 0), new(1, 1, 14, 16, 32, 1, 1, 1, 0), new(1, 3, 5, 16, 33, 1, 1, 1, 0),
        new(2, 1, 6, 17, 16, 1, 1, 1, 0),
        // Single pixels, single channels, a batch of one.
        new(1, 1, 1, 1, 1, 1, 1, 1, 0), new(1, 1, 1, 64, 40, 3, 3, 1, 1), new(2, 3, 3, 1, 1, 3, 3, 1, 0),
        new(5, 1, 1, 20, 3, 1, 1, 1, 0),
        // Few channels take whole filter rows as runs; 15 and 16 are the two sides of that.
        new(2, 11, 7, 3, 5, 3, 3, 1, 1), new(2, 17, 13, 3, 6, 7, 7, 2, 3), new(1, 7, 9, 15, 4, 3, 3, 1, 1),
        new(1, 7, 9, 16, 4, 3, 3, 1, 1),
        // Strides that do and do not divide the size, strides larger than the window, more padding than usual.
        new(2, 8, 6, 5, 7, 1, 1, 2, 0), new(1, 9, 9, 24, 8, 3, 3, 2, 1), new(3, 19, 23, 17, 29, 3, 3, 2, 1),
        new(2, 10, 11, 18, 9, 3, 3, 3, 1), new(1, 7, 8, 20, 5, 2, 2, 3, 0), new(2, 5, 4, 33, 15, 5, 5, 1, 3),
        new(1, 4, 5, 19, 6, 3, 3, 1, 3), new(2, 9, 10, 33, 15, 5, 5, 3, 2),
        // Windows that are not square, and larger than the image without its padding.
        new(1, 6, 9, 21, 10, 3, 1, 1, 1), new(1, 9, 6, 21, 10, 1, 3, 2, 1), new(2, 4, 4, 16, 8, 7, 7, 1, 3),
        new(1, 5, 6, 65, 64, 2, 2, 1, 0),
        // More rows than one chunk of backward-weights, so that slices are summed.
        new(3, 40, 33, 18, 20, 3, 3, 1, 1),
        // So many weights that Winograd's algorithm transforms them part by part and continues its sums.
        new(1, 6, 5, 400, 330, 3, 3, 1, 1),
    ];

    [Test]
    public void Every_algorithm_equals_the_reference(
        [ValueSource(nameof(Shapes))] ConvolutionShape shape,
        [Values(
            ConvolutionAlgorithm.Naive, ConvolutionAlgorithm.Vector128, ConvolutionAlgorithm.Vector256,
            ConvolutionAlgorithm.Vector512, ConvolutionAlgorithm.Winograd2)] ConvolutionAlgorithm algorithm)
    {
        var random = new Random(1);
        float[] Integers(long count) => [
            .. Enumerable.Range(0, (int)count).Select(_ => (float)random.Next(-Largest, Largest + 1))];
        float[] input = Integers(shape.Input.Count), weights = Integers(shape.Weights.Count);
        float[] bias = Integers(shape.K), gradOutput = Integers(shape.Output.Count);
        float[] other = Integers(shape.Input.Count);
        long longestSum = Math.Max((long)shape.R * shape.S * Math.Max(shape.C, shape.K), shape.Output.Pixels);
        Assert.That(longestSum * Largest * Largest + Largest, Is.LessThan(1 << 24), "sums of this shape are not exact");

        var output = new double[shape.Output.Count];
        var gradInput = new double[shape.Input.Count];
        var gradWeights = new double[shape.Weights.Count];
        var gradBias = new double[shape.K];
        ConvolutionReference.Forward(output, Doubles(input), Doubles(weights), Doubles(bias), shape);
        ConvolutionReference.BackwardData(gradInput, Doubles(gradOutput), Doubles(weights), shape);
        ConvolutionReference.BackwardWeights(gradWeights, Doubles(gradOutput), Doubles(input), shape);
        ConvolutionReference.BackwardBias(gradBias, Doubles(gradOutput), shape);

        using ComputeDevice device = DeviceCatalog.Open(
            "cpu", new DeviceOptions { Algorithms = $"convolution={algorithm}" });
        using DeviceBuffer<float> x = Upload(device, input), w = Upload(device, weights), b = Upload(device, bias);
        using DeviceBuffer<float> dy = Upload(device, gradOutput);
        using DeviceBuffer<float> y = device.Allocate<float>(output.Length);
        using DeviceBuffer<float> dx = device.Allocate<float>(gradInput.Length), sum = Upload(device, other);
        using DeviceBuffer<float> dw = device.Allocate<float>(gradWeights.Length);
        using DeviceBuffer<float> db = device.Allocate<float>(gradBias.Length);
        var (inputTensor, gradOutputTensor) = (new Tensor(shape.Input, x.View), new Tensor(shape.Output, dy.View));
        void Run()
        {
            ConvolutionOperator.Forward(
                device, new Tensor(shape.Output, y.View), inputTensor, w.View, b.View, relu: false, shape);
            ConvolutionOperator.BackwardData(
                device, new Tensor(shape.Input, dx.View), gradOutputTensor, w.View, accumulate: false, activation: null,
                shape);
            ConvolutionOperator.BackwardData(
                device, new Tensor(shape.Input, sum.View), gradOutputTensor, w.View, accumulate: true,
                activation: inputTensor, shape);
            ConvolutionOperator.BackwardWeights(device, dw.View, db.View, gradOutputTensor, inputTensor, shape);
        }
        device.Plan(Run);
        Run();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Doubles(device.Download(y.View)), Is.EqualTo(output), "output");
            Assert.That(Doubles(device.Download(dx.View)), Is.EqualTo(gradInput), "gradInput");
            Assert.That(
                Doubles(device.Download(sum.View)),
                Is.EqualTo(gradInput.Zip(other, (a, c) => a + c).Zip(input, (a, x) => x <= 0 ? 0 : a)),
                "gradInput added, in front of a ReLU");
            Assert.That(Doubles(device.Download(dw.View)), Is.EqualTo(gradWeights), "gradWeights");
            Assert.That(Doubles(device.Download(db.View)), Is.EqualTo(gradBias), "gradBias");
        }
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);

    private static DeviceBuffer<float> Upload(ComputeDevice device, float[] values)
    {
        DeviceBuffer<float> buffer = device.Allocate<float>(values.Length);
        device.Upload<float>(buffer.View, values);
        return buffer;
    }
}
