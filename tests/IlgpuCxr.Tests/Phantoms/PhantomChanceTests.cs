using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.Phantoms;
using IlgpuCxr.Tests.Training;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Phantoms;

/// <summary>Nothing about a phantom gives its class away to a network that has not learnt.</summary>
public sealed class PhantomChanceTests
{
    private const int ImagesAClass = 100, Networks = 3, Size = 32;

    [Test]
    public void A_network_that_has_not_learnt_is_at_chance()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ilgpucxr-chance-");
        try
        {
            var few = new ClassCounts(1, 1, 1);
            string data = Path.Combine(folder.FullName, "data");
            var counts = new PhantomCounts(few, new ClassCounts(ImagesAClass, ImagesAClass / 2, ImagesAClass / 2), few);
            PhantomDataset.Write(data, new PhantomDatasetOptions(StudyPart.Part1, counts, Size, Seed: 5), threads: 2);
            ImageDataset images = ImageDataset.Open(data);
            var loader = new ImageBatchLoader(
                new DecodedImageCache(new VipsImageDecoder(), Path.Combine(folder.FullName, "cache")),
                new ImageBatchOptions { BatchSize = 50, Size = Size, Threads = 2 });
            double[] areas = [.. Enumerable.Range(1, Networks).Select(seed => AreaOfUntrained(seed, images, loader))];
            TestContext.Out.WriteLine(
                $"ROC areas of untrained networks: {string.Join(", ", areas.Select(area => area.ToString("F3", System.Globalization.CultureInfo.InvariantCulture)))}");
            // With 100 images a class the standard deviation of the area is 0.041 (Hanley and McNeil 1982); four of
            // them.
            Assert.That(areas, Is.All.InRange(0.5 - 0.164, 0.5 + 0.164));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double AreaOfUntrained(long seed, ImageDataset images, ImageBatchLoader loader)
    {
        using ComputeDevice device = SmallRun.Open(2);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(seed);
        using var batch = new DeviceBatch(device, ClassificationTask.Binary, 2);
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, null);
        var evaluator = new Evaluator(device, step, batch);
        Evaluation evaluation = evaluator.Run(
            loader.Evaluation(images.Validation, CancellationToken.None), images.Validation.Count);
        ClassMetrics infected = evaluation.PerClass(images.ClassNames, seed)[0];
        return infected.RocAuc!.Value.Value;
    }
}
