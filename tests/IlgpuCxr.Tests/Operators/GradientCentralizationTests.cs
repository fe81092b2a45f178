using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Operators;

public sealed class GradientCentralizationTests
{
    // Rows around the widths of vectors, one of VGG16's first layer, one of its head's.
    [Test]
    public void Kernels_are_within_rounding_of_the_reference(
        [Values(1, 7, 8, 9, 27, 4608)] int length, [Values(1, 3, 130)] int rows,
        [Values(Implementation.Naive, Implementation.Vector)] Implementation kernels) =>
        Check(length, rows, kernels);

    [Test]
    public void The_kernel_of_a_gpu_is_within_rounding_of_the_reference(
        [Values(1, 27, 256, 700)] int length, [Values(1, 33)] int rows) =>
        Check(length, rows, Implementation.Gpu);

    [Test]
    public void The_optimizer_keeps_the_mean_of_each_outputs_weights_and_not_that_of_biases()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(1);
        using var optimizer = new Optimizer(
            device, network, new OptimizerOptions { LearningRate = 1, CentralizeGradients = true });
        float[] before = device.Download(network.Store.Values);
        device.Upload<float>(network.Store.Gradients, TestData.Floats((int)network.Store.LearnedCount, 2, offset: 1));
        optimizer.Step();
        float[] after = device.Download(network.Store.Values);
        foreach (string name in new[] { "conv1.weight", "fc.0.weight" })
        {
            Parameter parameter = network.Parameters.First(parameter => parameter.Name == name);
            Assert.That(MeanChange(name, parameter.Shape.Count / parameter.Shape.N), Is.EqualTo(0).Within(1e-5), name);
        }
        Assert.That(MeanChange("fc.0.bias", 130), Is.EqualTo(-1).Within(0.2), "the gradients' mean is 1");

        double MeanChange(string name, long count)
        {
            int offset = (int)network.Store.OffsetOf(network.Parameters.First(parameter => parameter.Name == name));
            return Enumerable.Range(offset, (int)count).Average(i => (double)after[i] - before[i]);
        }
    }

    private static void Check(int length, int rows, Implementation kernels)
    {
        using ComputeDevice device = kernels.Open()!;
        float[] gradients = TestData.Floats(rows * length, 1);
        double[] expected = Compute.GradientCentralization(null, gradients, rows);
        double[] actual = Compute.GradientCentralization(device, gradients, rows);
        // A sum of n values up to 1 is off by at most n roundings of n, its mean by n of 1; then one subtraction of
        // values up to 2.
        double bound = (length + 2.0) * OperatorCase.Roundoff;
        for (int i = 0; i < expected.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(bound), $"[{i / length}, {i % length}]");
    }
}
