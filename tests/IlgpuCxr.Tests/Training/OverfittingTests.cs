using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class OverfittingTests
{
    // Labels drawn by lot cannot be told better than by chance, ln 2 = 0.69; by heart, as well as one likes.
    private const float NearlyZero = 0.01f;

    [TestCase("resnet18", 0.01f, 60)]
    // At 0.01 the loss may jump up once on its way down, which depends on rounding.
    [TestCase("vgg16", 0.003f, 120)]
    public void A_network_learns_a_batch_of_noise_by_heart(string network, float learningRate, int mostSteps)
    {
        var shape = new TensorShape(8, 32, 32, 3);
        using var learner = new BatchLearner(
            network, threads: 2, shape, new OptimizerOptions { LearningRate = learningRate });
        float[] images = BatchLearner.Noise(shape, "noise");
        int[] classes = [0, 1, 1, 0, 1, 0, 0, 1];
        var course = new List<float>();
        do
            course.Add(learner.Learn(images, classes));
        while (course[^1] >= NearlyZero && course.Count < mostSteps);

        TestContext.Out.WriteLine($"{network}: {course[0]} to {course[^1]} in {course.Count} steps");
        Assert.That(course[0], Is.GreaterThan(0.3));
        Assert.That(course[^1], Is.LessThan(NearlyZero), string.Join(' ', course));
    }
}
