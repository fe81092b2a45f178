using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

/// <summary>
/// The same seed gives the same weights, bit for bit, however many threads compute them; whole runs with their files
/// are in <see cref="TrainerTests"/>.
/// </summary>
public sealed class DeterminismTests
{
    private const int Steps = 20;

    private static readonly TensorShape images = new(2, 32, 32, 3);

    [Test]
    public void Weights_after_20_steps_are_the_same_bits_for_any_number_of_threads()
    {
        string once = Train("resnet18", threads: 1);
        Assert.Multiple(() =>
        {
            Assert.That(Train("resnet18", threads: 1), Is.EqualTo(once), "a second time");
            Assert.That(Train("resnet18", threads: 2), Is.EqualTo(once), "2 threads");
            Assert.That(Train("resnet18", threads: 5), Is.EqualTo(once), "5 threads");
            Assert.That(Train("resnet18", threads: 1, seed: 2), Is.Not.EqualTo(once), "another seed");
        });
    }

    [Test]
    public void Vgg16_too() => Assert.That(Train("vgg16", threads: 5), Is.EqualTo(Train("vgg16", threads: 1)));

    private static string Train(string network, int threads, long seed = 1)
    {
        using var learner = new BatchLearner(
            network, threads, images, new OptimizerOptions { LearningRate = 0.01f, WeightDecay = 1e-4f }, seed);
        for (int step = 0; step < Steps; step++)
            learner.Learn(BatchLearner.Noise(images, $"batch {step % 3}"), [step % 2, 1 - step % 2]);
        return learner.Weights;
    }
}
