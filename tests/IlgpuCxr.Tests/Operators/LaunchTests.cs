using ILGPU;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>However an operator is launched, every bit of its results is the same.</summary>
public sealed class LaunchTests
{
    // Divides the sizes. Enough indices for five threads to take them in different orders, or the few that ILGPU's CPU
    // accelerator launches in a second: it takes 20 times as long for each.
    private const int Large = 1, Small = 12;

    private static readonly Dictionary<string, Func<ComputeDevice, int, Dictionary<string, double[]>>> Operators = new()
    {
        ["convolution"] = (device, divisor) =>
        {
            var shape = new ConvolutionShape(
                N: 2, H: 7 + 12 / divisor, W: 5 + 12 / divisor, C: 5, K: 33, R: 3, S: 3, Stride: 1, Padding: 1);
            return Compute.Convolution(
                device, shape, TestData.Floats(shape.Input, 1), TestData.Floats(shape.Weights, 2),
                TestData.Floats(shape.K, 3), TestData.Floats(shape.Output, 4));
        },
        ["max pooling"] = (device, divisor) =>
        {
            var shape = new MaxPoolingShape(
                N: 2, H: 7 + 12 / divisor, W: 5 + 12 / divisor, C: 33, Window: 3, Stride: 2, Padding: 1);
            return Compute.MaxPooling(device, shape, TestData.Floats(shape.Input, 1), TestData.Floats(shape.Output, 2));
        },
        ["adaptive average pooling"] = (device, divisor) =>
        {
            var shape = new AdaptiveAveragePoolingShape(
                N: 2, H: 7 + 12 / divisor, W: 5 + 12 / divisor, C: 33, P: 7, Q: 7);
            return Compute.AdaptiveAveragePooling(
                device, shape, TestData.Floats(shape.Input, 1), TestData.Floats(shape.Output, 2));
        },
        ["batch norm"] = (device, divisor) =>
        {
            // 18 chunks: enough for five threads to take them in different orders.
            var shape = new BatchNormShape(N: 2, H: 67 / divisor, W: 67 / divisor, C: 33);
            return Compute.BatchNorm(
                device, shape, TestData.Floats(shape.Tensor, 1), TestData.Floats(shape.Tensor, 2),
                TestData.Floats(shape.C, 3), TestData.Floats(shape.C, 4), TestData.Floats(shape.Tensor, 5), relu: true);
        },
        ["relu"] = (device, divisor) =>
            Compute.Relu(device, TestData.Floats(100_003 / divisor, 1), TestData.Floats(100_003 / divisor, 2)),
        ["dropout"] = (device, divisor) => Compute.Dropout(
            device, TestData.Floats(100_003 / divisor, 1), TestData.Floats(100_003 / divisor, 2),
            new DropoutMask(Key: 7, Rate: 0.3f), step: 8),
        ["addition"] = (device, divisor) =>
            Compute.Addition(device, TestData.Floats(100_003 / divisor, 1), TestData.Floats(100_003 / divisor, 2)),
        ["linear"] = (device, divisor) =>
        {
            var shape = new LinearShape(N: 9, In: 517 / divisor, Out: 67);
            return Compute.Linear(
                device, shape, TestData.Floats(shape.Input, 1), TestData.Floats(shape.Weights, 2),
                TestData.Floats(shape.Out, 3), TestData.Floats(shape.Output, 4));
        },
        ["softmax cross entropy"] = (device, divisor) =>
            Compute.SoftmaxCrossEntropy(
                device, new LossShape(31, 3), TestData.Floats(93, 1), [.. Enumerable.Range(0, 31).Select(i => i % 3)]),
        ["adam"] = (device, divisor) => Compute.Adam(
                device, TestData.Floats(100_003 / divisor, 1),
                [TestData.Floats(100_003 / divisor, 2), TestData.Floats(100_003 / divisor, 3)], AdamOptions.AdamW)
            .Select((values, step) => (values, step)).ToDictionary(x => $"step {x.step}", x => x.values),
        ["sgd"] = (device, divisor) => Compute.Sgd(
                device, TestData.Floats(100_003 / divisor, 1),
                [TestData.Floats(100_003 / divisor, 2), TestData.Floats(100_003 / divisor, 3)],
                new SgdOptions(0.1f, 0.9f, 1e-4f, true))
            .Select((values, step) => (values, step)).ToDictionary(x => $"step {x.step}", x => x.values),
        ["gradient centralization"] = (device, divisor) =>
            new()
            {
                ["gradients"] = Compute.GradientCentralization(
                    device, TestData.Floats(33 * (3001 / divisor), 1), rows: 33),
            },
    };

    private static IEnumerable<string> Names => Operators.Keys;

    [TestCase(1)]
    [TestCase(3)]
    public void What_a_kernel_throws_is_the_same_for_any_number_of_threads(int threads)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Threads = threads });
        Assert.That(() => device.Launch(Refuse, 1000, 7), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void ThreadsDoNotChangeResults(
        [ValueSource(nameof(Names))] string name,
        [Values(Implementation.Naive, Implementation.Vector, Implementation.Winograd4)] Implementation kernels,
        [Values(2, 5)] int threads)
    {
        using ComputeDevice one = kernels.Open(threads: 1)!, several = kernels.Open(threads)!;
        AssertSame(Operators[name](one, Large), Operators[name](several, Large));
    }

    [Test]
    public void LaunchingThroughIlgpuGivesTheSameAsThePool([ValueSource(nameof(Names))] string name)
    {
        using ComputeDevice pool = Implementation.Naive.Open()!, ilgpu = Implementation.NaiveThroughIlgpu.Open()!;
        AssertSame(Operators[name](pool, Small), Operators[name](ilgpu, Small));
    }

    private static void AssertSame(
        Dictionary<string, double[]> expected, Dictionary<string, double[]> actual) => Assert.Multiple(() =>
    {
        foreach ((string result, double[] values) in expected)
            Assert.That(actual[result].AsSpan().SequenceEqual(values), Is.True, result);
    });

    private static void Refuse(Index1D index, int number) => throw new InvalidDataException($"{number} at {index}");
}
