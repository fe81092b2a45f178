using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Phantoms;

namespace IlgpuCxr.Tests.Training;

/// <summary>Training must not only lower a loss but learn: the easiest phantoms, of patients that it has not seen.</summary>
public sealed class AccuracyTests
{
    private const int Size = 64;
    private const int Batch = 16;
    private const int TrainBatches = 16;
    private const int TestBatches = 6;
    private const int Epochs = 4;

    // Half of the images are infected. By chance 96 images would be told that well once in 10^6 times.
    private const double LeastAccuracy = 0.75;

    [Test]
    public void A_resnet_tells_dense_opacities_from_healthy_lungs()
    {
        var shape = new TensorShape(Batch, Size, Size, 3);
        using var learner = new BatchLearner("resnet18", threads: 2, shape, new SgdOptions(0.01f, 0.9f));
        int[] classes = [.. Enumerable.Range(0, Batch).Select(i => i % 2)];
        float[][] train = Draw(PhantomSplit.Train, TrainBatches), test = Draw(PhantomSplit.Test, TestBatches);
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            double loss = train.Average(batch => (double)learner.Learn(batch, classes));
            TestContext.Out.WriteLine($"epoch {epoch}: loss {loss}, test accuracy {Accuracy()}");
        }
        Assert.That(Accuracy(), Is.GreaterThan(LeastAccuracy));

        double Accuracy() => test.Average(batch => learner.Classify(batch).Where((predicted, i) => predicted == classes[i]).Count() / (double)Batch);
    }

    private static float[][] Draw(PhantomSplit split, int batches) => [.. Enumerable.Range(0, batches).Select(batch =>
    {
        var pixels = new float[Batch * Size * Size * 3];
        Parallel.For(0, Batch, i =>
        {
            PhantomClass label = i % 2 == 0 ? PhantomClass.Normal : i % 4 == 1 ? PhantomClass.Pneumonia : PhantomClass.Covid;
            byte[] gray = Phantom.Draw(seed: 1, split, label, batch * Batch + i, Size, difficulty: 0);
            // Three equal channels of about mean 0 and deviation 1.
            for (int pixel = 0; pixel < gray.Length; pixel++)
                pixels.AsSpan((i * gray.Length + pixel) * 3, 3).Fill((gray[pixel] - 128) / 64f);
        });
        return pixels;
    })];
}
