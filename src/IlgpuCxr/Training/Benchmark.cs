using System.Diagnostics;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>What a benchmark measured.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Network">The architecture.</param>
/// <param name="Mode"><c>train</c> or <c>infer</c>.</param>
/// <param name="Precision">How convolutions and linear layers multiply.</param>
/// <param name="Batch">Images in a step.</param>
/// <param name="Size">Edge of the images.</param>
/// <param name="Steps">Steps measured.</param>
/// <param name="MedianSeconds">Median time of a step.</param>
/// <param name="ImagesPerSecond">Images a second at the median.</param>
/// <param name="Fastest">Time of the fastest step, in seconds.</param>
/// <param name="Slowest">Time of the slowest step, in seconds.</param>
/// <param name="HostSeconds">
/// Median time that the host takes to launch a step, before it waits for the device; a CPU computes meanwhile.
/// </param>
/// <param name="ArenaBytes">Device memory of activations and gradients.</param>
/// <param name="DeviceBytes">
/// Most device memory at a time: parameters, gradients, the optimizer's memory and the batch besides.
/// </param>
/// <param name="PeakResidentBytes">Largest memory of the process so far.</param>
/// <param name="Operators">The operators of a step, each call timed on its own in some more steps.</param>
/// <param name="Data">The same on images that are read; null where none are given.</param>
public sealed record BenchmarkResult(
    string Device, string Network, string Mode, Precision Precision, int Batch, int Size, int Steps,
    double MedianSeconds, double ImagesPerSecond, double Fastest, double Slowest, double HostSeconds, long ArenaBytes,
    long DeviceBytes, long PeakResidentBytes, IReadOnlyList<OperatorTiming> Operators,
    DataBenchmarkResult? Data = null);

/// <summary>Measures whole steps on images of noise.</summary>
public static class Benchmark
{
    // The first steps compile kernels and let the runtime optimise them.
    private const int WarmUpSteps = 3;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    private const int MostTimedSteps = 5;

    /// <summary>Runs the benchmark.</summary>
    /// <param name="device">Where.</param>
    /// <param name="options">Network, size and batch.</param>
    /// <param name="steps">Steps to measure.</param>
    /// <param name="training">Whether to train or only to infer.</param>
    /// <exception cref="UsageException">An option is out of range, or the batch is too small to train on.</exception>
    /// <exception cref="NetworkException">The network is not known.</exception>
    public static BenchmarkResult Run(ComputeDevice device, TrainingOptions options, int steps, bool training)
    {
        options.Validate();
        if (steps < 1)
            throw new UsageException($"--steps {steps} measures nothing: use at least 1.");
        // What an earlier benchmark took is not this one's.
        device.Arena.Trim();
        device.ResetPeakBytes();

        using var network = new Network(device, options.Network, options.Head(NetworkHead.Part1.Outputs));
        network.Initialize(options.Seed);
        using var optimizer = new Optimizer(device, network, options.Optimizer);
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        var shape = new TensorShape(options.Batch, options.Size, options.Size, 3);
        if (training)
            network.RequireTrainable(shape);
        UsageException.Require(
            shape.Count <= Array.MaxLength,
            $"A batch of {options.Batch} images of {options.Size}x{options.Size} has more values than an array holds; use a smaller --batch or --size.");
        using DeviceBuffer<float> images = device.Allocate<float>(shape.Count);
        using DeviceBuffer<int> targets = device.Allocate<int>(shape.N);
        using DeviceBuffer<float> loss = device.Allocate<float>(1);
        using DeviceBuffer<float> logits = device.Allocate<float>((long)shape.N * network.Head.Outputs);
        SplitMix64 noise = SplitMix64.ForName(options.Seed, "benchmark");
        var pixels = new float[shape.Count];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (float)noise.NextNormal();
        device.Upload<float>(images.View, pixels);
        device.Upload<int>(targets.View, [.. Enumerable.Range(0, shape.N).Select(i => i % 2)]);
        BatchTargets classes = BatchTargets.OfClasses(targets.View);

        (double Host, double Whole) Step()
        {
            long start = Stopwatch.GetTimestamp();
            if (training)
                step.Train(shape, tensor => device.Copy(tensor.View, images.View), classes, loss.View);
            else
                step.Evaluate(shape, tensor => device.Copy(tensor.View, images.View), classes, logits.View, loss.View);
            double host = Stopwatch.GetElapsedTime(start).TotalSeconds;
            device.Synchronize();
            return (host, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        for (int i = 0; i < WarmUpSteps; i++)
            Step();
        // While kernels were compiled a GPU stood idle, and its clock went down.
        long warm = Stopwatch.GetTimestamp();
        while (device.Kind != DeviceKind.Cpu && Stopwatch.GetElapsedTime(warm) < WarmUp)
            Step();
        (double Host, double Whole)[] measured = [.. Enumerable.Range(0, steps).Select(_ => Step())];
        int timedSteps = Math.Min(steps, MostTimedSteps);
        device.Timings.Clear();
        device.Timings.Enabled = true;
        try
        {
            for (int i = 0; i < timedSteps; i++)
                Step();
        }
        finally
        {
            device.Timings.Enabled = false;
        }
        IEnumerable<OperatorTiming> operators = device.Timings.Results.Select(sum => sum with
        {
            Calls = sum.Calls / timedSteps,
            Seconds = sum.Seconds / timedSteps,
            Flops = sum.Flops / timedSteps,
            Bytes = sum.Bytes / timedSteps,
        });

        double median = Median(measured.Select(step => step.Whole));
        using Process process = Process.GetCurrentProcess();
        return new BenchmarkResult(
            device.Name, options.Network, training ? "train" : "infer", device.Precision, options.Batch, options.Size,
            steps, median, options.Batch / median,
            measured.Min(step => step.Whole), measured.Max(step => step.Whole),
            Median(measured.Select(step => step.Host)), device.Arena.Bytes, device.PeakBytes, process.PeakWorkingSet64,
            [.. operators]);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
