using System.Runtime.InteropServices;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Metrics;

namespace IlgpuCxr.Training;

/// <summary>Runs a network over images with its running statistics and counts what it gets right.</summary>
/// <param name="device">Where the network lives.</param>
/// <param name="step">The network's step.</param>
/// <param name="batch">Brings the images to the device.</param>
public sealed class Evaluator(ComputeDevice device, TrainingStep step, DeviceBatch batch)
{
    /// <summary>Evaluates.</summary>
    /// <param name="batches">The images.</param>
    /// <param name="images">Most images that can come.</param>
    /// <param name="progress">
    /// Called after each batch with the number of its images and how to get the loss so far; null for nobody.
    /// </param>
    /// <exception cref="ArgumentException">More images come.</exception>
    public Evaluation Run(IEnumerable<ImageBatch> batches, int images, Action<int, Func<double>>? progress = null)
    {
        int classes = batch.Classes;
        using DeviceBuffer<float> logits = device.Allocate<float>((long)images * classes);
        using var losses = new LossLog(device, images, step.Criterion.Sums);
        var labels = new List<int>();
        foreach (ImageBatch host in batches)
        {
            // A part beyond a buffer's end would end the process.
            if (labels.Count + host.Count > images)
                throw new ArgumentException(
                    $"More images come than the {images} that memory was taken for; give the number of all samples.",
                    nameof(images));
            batch.Upload(host);
            var rows = logits.View.SubView((long)labels.Count * classes, (long)host.Count * classes);
            step.Evaluate(batch.Shape.Output, batch.Transform, batch.Targets, rows, losses.Next(host.Count));
            labels.AddRange(host.Labels);
            progress?.Invoke(host.Count, losses.OverImages);
        }
        float[] values = device.Download(logits.View.SubView(0, (long)labels.Count * classes));
        return new Evaluation(
            losses.OverImages(), new Predictions(batch.Task, classes, values, CollectionsMarshal.AsSpan(labels)));
    }
}
