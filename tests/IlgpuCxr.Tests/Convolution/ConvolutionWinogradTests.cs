using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Operators;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>Winograd's algorithms with vectors of every width, against the reference.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class ConvolutionWinogradTests
{
    private static readonly ConvolutionShape[] Shapes =
    [
        new(N: 1, H: 1, W: 1, C: 1, K: 1, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 2, H: 4, W: 8, C: 16, K: 32, R: 3, S: 3, Stride: 1, Padding: 1),
        // Tiles that the image does not fill, channels that vectors and register tiles do not.
        new(N: 2, H: 5, W: 7, C: 9, K: 33, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 13, W: 10, C: 35, K: 18, R: 3, S: 3, Stride: 1, Padding: 0),
        new(N: 3, H: 6, W: 3, C: 5, K: 67, R: 3, S: 3, Stride: 1, Padding: 2),
        // More than one task, more than one pass over the output channels, more than one group of them.
        new(N: 2, H: 30, W: 29, C: 4, K: 300, R: 3, S: 3, Stride: 1, Padding: 1),
    ];

    // How backward-weights divides larger shapes: element by element in chunks of tiles, block by block, and both.
    private static readonly ConvolutionShape[] LargeShapes =
    [
        new(N: 1, H: 131, W: 130, C: 16, K: 17, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 6, W: 5, C: 45, K: 1700, R: 3, S: 3, Stride: 1, Padding: 1),
        new(N: 1, H: 27, W: 28, C: 45, K: 1700, R: 3, S: 3, Stride: 1, Padding: 1),
    ];

    private static readonly ConvolutionAlgorithm[] Widths =
        [ConvolutionAlgorithm.Vector128, ConvolutionAlgorithm.Vector256, ConvolutionAlgorithm.Vector512];

    /// <summary>With small integers nothing in F(2x2, 3x3) is rounded: its matrices hold halves and ones.</summary>
    [Test]
    public void F2_equals_the_reference(
        [ValueSource(nameof(Shapes))] ConvolutionShape shape, [ValueSource(nameof(Widths))] ConvolutionAlgorithm width)
    {
        var data = new ConvolutionData(shape, TestData.Integers);
        using var actual = new ConvolutionRun(data, ConvolutionPasses.WinogradOf(width, 2));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(actual.Output, Is.EqualTo(data.Output), "output");
            Assert.That(actual.GradInput, Is.EqualTo(data.GradInput), "gradInput");
            Assert.That(
                actual.AddedGradInput, Is.EqualTo(data.GradInput.Zip(data.Other, (a, b) => a + b)), "gradInput added");
            Assert.That(actual.GradWeights, Is.EqualTo(data.GradWeights), "gradWeights");
        }
    }

    /// <summary>
    /// The same with shapes that would take the reference long, against the direct algorithm, which is as exact.
    /// </summary>
    [Test]
    public void F2_divides_large_shapes(
        [ValueSource(nameof(LargeShapes))] ConvolutionShape shape,
        [ValueSource(nameof(Widths))] ConvolutionAlgorithm width)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "", Threads = 3 });
        using var memory = new DeviceMemory(device);
        Tensor input = memory.Tensor(shape.Input, TestData.Integers(shape.Input.Count, 1, 4));
        Tensor gradOutput = memory.Tensor(shape.Output, TestData.Integers(shape.Output.Count, 2, 4));
        var (expected, actual) = (memory.Vector((int)shape.Weights.Count), memory.Vector((int)shape.Weights.Count));
        memory.Run(() =>
        {
            ConvolutionPasses.Of(width).BackwardWeights(device, expected, gradOutput, input, shape);
            ConvolutionPasses.WinogradOf(width, 2).BackwardWeights(device, actual, gradOutput, input, shape);
        });
        Assert.That(memory.Read(actual), Is.EqualTo(memory.Read(expected)));
    }

    /// <summary>
    /// Every element of F(4x4, 3x3) is within the bound that follows from how often its terms are rounded.
    /// </summary>
    [Test]
    public void F4_is_within_its_error_bound(
        [ValueSource(nameof(Shapes))] ConvolutionShape shape, [ValueSource(nameof(Widths))] ConvolutionAlgorithm width)
    {
        var data = new ConvolutionData(shape, (count, seed, _) => TestData.Floats(count, seed));
        using var actual = new ConvolutionRun(data, ConvolutionPasses.WinogradOf(width, 4));
        using (Assert.EnterMultipleScope())
        {
            AssertWithin(WinogradBound.Forward(data.Input, data.Weights, shape), data.Output, actual.Output, "output");
            AssertWithin(
                WinogradBound.BackwardData(data.GradientOfOutput, data.Weights, shape), data.GradInput,
                actual.GradInput, "gradInput");
            AssertWithin(
                WinogradBound.BackwardWeights(data.GradientOfOutput, data.Input, shape), data.GradWeights,
                actual.GradWeights, "gradWeights");
        }
    }

    /// <summary>
    /// The bound above is for the worst case; on random data the error must be far below the fixtures' 1e-5.
    /// </summary>
    [Test]
    public void F4_loses_a_digit_at_most([ValueSource(nameof(Widths))] ConvolutionAlgorithm width)
    {
        var data = new ConvolutionData(
            new ConvolutionShape(N: 2, H: 14, W: 14, C: 96, K: 64, R: 3, S: 3, Stride: 1, Padding: 1),
            (count, seed, _) => TestData.Floats(count, seed));
        using var actual = new ConvolutionRun(data, ConvolutionPasses.WinogradOf(width, 4));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Distance(actual.Output, data.Output), Is.LessThan(2e-6), "output");
            Assert.That(Distance(actual.GradInput, data.GradInput), Is.LessThan(2e-6), "gradInput");
            Assert.That(Distance(actual.GradWeights, data.GradWeights), Is.LessThan(2e-6), "gradWeights");
        }
    }

    private static void AssertWithin(double[] bound, double[] expected, double[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(actual[i] - expected[i]) <= bound[i]))
                Assert.Fail($"{what}[{i}] is {actual[i]}, not {expected[i]} ± {bound[i]}");
        }
    }

    private static double Distance(double[] a, double[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / b.Sum(y => y * y));
}

/// <summary>What goes into the three passes of a convolution, and what the reference makes of it.</summary>
internal sealed class ConvolutionData
{
    public ConvolutionData(ConvolutionShape shape, Func<long, int, int, float[]> numbers)
    {
        Shape = shape;
        float[] Make(long count, int seed) => numbers(count, seed, 4);
        (Inputs, Kernel, Bias, Gradients) =
            (Make(shape.Input.Count, 1), Make(shape.Weights.Count, 2), Make(shape.K, 3), Make(shape.Output.Count, 4));
        OtherGradients = Make(shape.Input.Count, 5);
        ConvolutionReference.Forward(
            Output = new double[shape.Output.Count], Input, Weights, DeviceMemory.Widen(Bias), shape);
        ConvolutionReference.BackwardData(GradInput = new double[shape.Input.Count], GradientOfOutput, Weights, shape);
        ConvolutionReference.BackwardWeights(
            GradWeights = new double[shape.Weights.Count], GradientOfOutput, Input, shape);
    }

    public ConvolutionShape Shape { get; }

    public float[] Inputs { get; }

    public float[] Kernel { get; }

    public float[] Bias { get; }

    public float[] Gradients { get; }

    public float[] OtherGradients { get; }

    public double[] Input => DeviceMemory.Widen(Inputs);

    public double[] Weights => DeviceMemory.Widen(Kernel);

    public double[] GradientOfOutput => DeviceMemory.Widen(Gradients);

    public double[] Other => DeviceMemory.Widen(OtherGradients);

    public double[] Output { get; }

    public double[] GradInput { get; }

    public double[] GradWeights { get; }
}

/// <summary>The three passes on the CPU by one implementation.</summary>
internal sealed class ConvolutionRun : IDisposable
{
    private readonly ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "" });

    public ConvolutionRun(ConvolutionData data, ConvolutionPasses implementation)
    {
        ConvolutionShape shape = data.Shape;
        using var memory = new DeviceMemory(device);
        Tensor input = memory.Tensor(shape.Input, data.Inputs);
        Tensor gradOutput = memory.Tensor(shape.Output, data.Gradients);
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        Tensor added = memory.Tensor(shape.Input, data.OtherGradients);
        var (weights, bias, gradWeights) =
            (memory.Vector(data.Kernel), memory.Vector(data.Bias), memory.Vector(data.Kernel.Length));
        memory.Run(() =>
        {
            implementation.Forward(device, output, input, weights, bias, relu: false, statistics: false, shape);
            implementation.BackwardData(
                device, gradInput, gradOutput, weights, accumulate: false, activation: null, shape);
            implementation.BackwardData(device, added, gradOutput, weights, accumulate: true, activation: null, shape);
            implementation.BackwardWeights(device, gradWeights, gradOutput, input, shape);
        });
        (Output, GradInput, AddedGradInput, GradWeights) =
            (memory.Read(output), memory.Read(gradInput), memory.Read(added), memory.Read(gradWeights));
    }

    public double[] Output { get; }

    public double[] GradInput { get; }

    public double[] AddedGradInput { get; }

    public double[] GradWeights { get; }

    public void Dispose() => device.Dispose();
}
