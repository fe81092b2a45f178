using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Tests.Operators;

namespace IlgpuCxr.Tests.Layers;

public sealed class DropoutLayerTests
{
    private static readonly TensorShape Shape = TensorShape.Matrix(4, 256);

    private readonly DropoutState state = new() { Seed = 1 };
    private ComputeDevice device;

    [OneTimeSetUp]
    public void Open()
    {
        device = Implementation.Naive.Open()!;
        state.Begin(device, 2);
    }

    [OneTimeTearDown]
    public void Close()
    {
        state.Dispose();
        device.Dispose();
    }

    [Test]
    public void Gradients_pass_where_values_did()
    {
        var layer = new DropoutLayer("a", 0.5f, state);
        (float[] output, float[] gradInput) = Run(layer, training: true);
        Assert.That(output.Distinct().Order(), Is.EqualTo(new[] { 0f, 2 }));
        Assert.That(
            gradInput, Is.EqualTo(output.Select(value => 3 * value)),
            "The gradient of the output is three, the input one.");
    }

    [Test]
    public void Evaluation_and_a_rate_of_zero_change_nothing()
    {
        Assert.That(Run(new DropoutLayer("a", 0.5f, state), training: false).Output, Is.All.EqualTo(1));
        (float[] output, float[] gradInput) = Run(new DropoutLayer("a", 0, state), training: true);
        Assert.That(output, Is.All.EqualTo(1));
        Assert.That(gradInput, Is.All.EqualTo(3));
    }

    [Test]
    public void What_is_dropped_is_a_function_of_seed_step_and_name()
    {
        float[] Drop(string name, long seed, int step)
        {
            using var other = new DropoutState { Seed = seed };
            other.Begin(device, step);
            return Run(new DropoutLayer(name, 0.5f, other), training: true).Output;
        }

        float[] output = Drop("a", 1, 2);
        Assert.That(Drop("a", 1, 2), Is.EqualTo(output));
        foreach (float[] other in new[] { Drop("b", 1, 2), Drop("a", 2, 2), Drop("a", 1, 3), Drop("a", -1, 2) })
            Assert.That(other, Is.Not.EqualTo(output));
    }

    private (float[] Output, float[] GradInput) Run(DropoutLayer layer, bool training)
    {
        float[] output = [], gradInput = [];
        void Pass()
        {
            Tensor input = device.Arena.Rent(Shape), gradOutput = device.Arena.Rent(Shape);
            input.RequiresGrad = training;
            device.Upload<float>(input.View, [.. Enumerable.Repeat(1f, (int)Shape.Count)]);
            device.Upload<float>(gradOutput.View, [.. Enumerable.Repeat(3f, (int)Shape.Count)]);
            Tensor result = layer.Forward(device, input, training);
            Assert.That(result.RequiresGrad, Is.EqualTo(training));
            output = device.Download(result.View);
            result.Release();
            Tensor? gradient = training ? layer.Backward(device, gradOutput) : gradOutput;
            gradInput = device.Download(gradient!.View);
            gradient.Release();
        }
        device.Plan(Pass);
        Pass();
        return (output, gradInput);
    }
}
