using System.Diagnostics;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>How fast a network trains on images that are read meanwhile.</summary>
/// <param name="Data">Where the images are.</param>
/// <param name="Images">Images of a pass.</param>
/// <param name="First">The first epoch, which decodes the files that are not in the cache of decoded images.</param>
/// <param name="Next">An epoch after it, which finds them decoded.</param>
public sealed record DataBenchmarkResult(string Data, int Images, DataBenchmarkPass First, DataBenchmarkPass Next);

/// <summary>A pass over the images.</summary>
/// <param name="ImagesPerSecond">Images a second, reading, augmentation and training together.</param>
/// <param name="WaitingShare">
/// Share of the time that the host waited for a batch, from 0 to 1; a GPU may have computed meanwhile.
/// </param>
public sealed record DataBenchmarkPass(double ImagesPerSecond, double WaitingShare);

/// <summary>Measures training on real images, to be compared with <see cref="Benchmark"/>, which reads none.</summary>
public static class DataBenchmark
{
    /// <summary>Runs the benchmark.</summary>
    /// <param name="device">Where.</param>
    /// <param name="options">Network, size, batch and augmentation.</param>
    /// <param name="data">The images.</param>
    /// <param name="loader">Makes batches of them.</param>
    /// <param name="steps">Steps of a pass, as far as there are images.</param>
    /// <exception cref="UsageException">There are too few images.</exception>
    public static DataBenchmarkResult Run(
        ComputeDevice device, TrainingOptions options, ImageDataset data, ImageBatchLoader loader, int steps)
    {
        // The first batch compiles kernels and plans the memory; whole batches, so that nothing is planned again.
        int measured = Math.Min(steps, data.Train.Count / options.Batch - 1);
        if (measured < 1)
            throw new UsageException(
                $"{data.Root} has {data.Train.Count} training images, too few to measure batches of {options.Batch}; use a --batch of at most {data.Train.Count / 2}.");

        using var network = new Network(device, options.Network, options.Head(data.ClassNames.Count));
        network.Initialize(options.Seed);
        using var optimizer = new Optimizer(device, network, options.Optimizer);
        using var step = new TrainingStep(device, network, options.Criterion, optimizer);
        using var batch = new DeviceBatch(device, options.Task, data.ClassNames.Count);
        using DeviceBuffer<float> loss = device.Allocate<float>(1);

        DataBenchmarkPass Pass(IReadOnlyList<ImageSample> samples, int epoch)
        {
            long start = Stopwatch.GetTimestamp(), since = start;
            TimeSpan waiting = default;
            foreach (ImageBatch host in loader.Augmented(samples, options.Seed, epoch))
            {
                waiting += Stopwatch.GetElapsedTime(since);
                batch.Upload(host);
                step.Train(batch.Shape.Output, batch.Transform, batch.Targets, loss.View);
                since = Stopwatch.GetTimestamp();
            }
            device.Synchronize();
            TimeSpan all = Stopwatch.GetElapsedTime(start);
            return new DataBenchmarkPass(samples.Count / all.TotalSeconds, waiting / all);
        }

        Pass([.. data.Train.Take(options.Batch)], epoch: 0);
        ImageSample[] samples = [.. data.Train.Skip(options.Batch).Take(measured * options.Batch)];
        return new DataBenchmarkResult(data.Root, samples.Length, Pass(samples, epoch: 0), Pass(samples, epoch: 1));
    }
}
