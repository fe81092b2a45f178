using System.Diagnostics;
using IlgpuCxr.Data;

namespace IlgpuCxr.Training;

/// <summary>Tells an observer how far an epoch is.</summary>
/// <param name="observer">Who watches.</param>
/// <param name="epoch">Index of the epoch, or <see cref="EpochResult.Untrained"/>.</param>
/// <param name="epochs">Number of epochs.</param>
/// <param name="data">The images of an epoch.</param>
/// <param name="batch">Images in a step.</param>
internal sealed class EpochProgress(ITrainingObserver observer, int epoch, int epochs, ImageDataset data, int batch)
{
    // Backward-data and backward-weights cost about as much as forward each.
    private const int TrainingCost = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long lastReport;

    private bool IsUntrained => epoch == EpochResult.Untrained;

    private double EpochCost => (TrainingCost + 1) * data.Train.Count + data.Validation.Count;

    /// <summary>
    /// A reporter for one phase, to be called after each batch with the number of images in it and how to get the loss
    /// so far.
    /// </summary>
    public Action<int, Func<double>> In(TrainingPhase phase)
    {
        (int images, double before, int cost) = phase switch
        {
            TrainingPhase.Training => (data.Train.Count, 0.0, TrainingCost),
            TrainingPhase.EvaluatingTraining => (data.Train.Count, (double)TrainingCost * data.Train.Count, 1),
            _ => (data.Validation.Count, (TrainingCost + 1.0) * data.Train.Count, 1),
        };
        int steps = (int)(((long)images + batch - 1) / batch);
        int step = 0, read = 0;
        long start = Stopwatch.GetTimestamp();
        return (count, loss) =>
        {
            step++;
            read += count;
            // An observer who reads the loss waits for the device, so it is told only as often as a person can see.
            if (step < steps && Stopwatch.GetElapsedTime(lastReport) < Interval)
                return;
            lastReport = Stopwatch.GetTimestamp();
            // Unreadable images are done without being read.
            long done = Math.Min(images, (long)step * batch);
            // What comes before the first epoch is not counted as progress of any.
            double share = IsUntrained ? 0 : (epoch + (before + (double)cost * done) / EpochCost) / epochs;
            double speed = read / Stopwatch.GetElapsedTime(start).TotalSeconds;
            observer.OnProgress(new TrainingProgress(epoch, epochs, phase, step, steps, loss, speed, share));
        };
    }
}
