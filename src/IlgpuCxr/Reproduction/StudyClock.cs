using IlgpuCxr.Data;
using IlgpuCxr.Models;

namespace IlgpuCxr.Reproduction;

/// <summary>Estimates how long the rest of a study takes.</summary>
/// <remarks>
/// A row's work is its images, epochs and operations, roughly; how fast the device does such work is learnt from what
/// has been done, for each network by itself, because small images keep the two networks unequally busy.
/// </remarks>
internal sealed class StudyClock
{
    // GFLOP of a forward pass at 224x224 ('cxr summary'); they go with the area.
    private const double Vgg16Work = 30.9, ResNet18Work = 3.6;

    private const int StandardSize = 224;

    private readonly Dictionary<string, (double Seconds, double Work)> done = [];
    private readonly List<RowPlan> waiting;
    private readonly TimeProvider time;
    private RowPlan? current;
    private double share, shareAtStart;
    private long start;

    public StudyClock(IReadOnlyList<RowPlan> rows, TimeProvider time) => (waiting, this.time) = ([.. rows], time);

    // A row whose epochs were all done before tells no share.
    private bool HasWorked => shareAtStart >= 0 && share > shareAtStart;

    /// <summary>A row begins.</summary>
    public void Begin(RowPlan row)
    {
        waiting.Remove(row);
        current = row;
        (share, shareAtStart, start) = (0, -1, time.GetTimestamp());
    }

    /// <summary>The row needs no work any more: another call did it.</summary>
    public void Skip(RowPlan row) => waiting.Remove(row);

    /// <summary>The row is at a share of its work; the first share told is where an earlier call had left it.</summary>
    public void Report(double shareDone)
    {
        if (shareAtStart < 0)
            (shareAtStart, start) = (shareDone, time.GetTimestamp());
        share = shareDone;
    }

    /// <summary>The row is complete.</summary>
    public void End()
    {
        if (HasWorked)
            done[current!.Row.Network] = Sum(done.GetValueOrDefault(current.Row.Network), Measured());
        current = null;
    }

    /// <summary>The time left for everything; null as long as nothing has been measured.</summary>
    public TimeSpan? Left()
    {
        Dictionary<string, (double Seconds, double Work)> rates = new(done);
        double work = 0;
        if (current is { } row)
        {
            if (HasWorked)
                rates[row.Row.Network] = Sum(rates.GetValueOrDefault(row.Row.Network), Measured());
            work = Work(row) * (1 - share);
        }
        if (rates.Count == 0)
            return null;
        (double allSeconds, double allWork) = rates.Values.Aggregate(Sum);
        double Seconds(string network, double amount) =>
            rates.TryGetValue(network, out var rate)
            ? amount * rate.Seconds / rate.Work
            : amount * allSeconds / allWork;
        return TimeSpan.FromSeconds(
            (current is null ? 0 : Seconds(current.Row.Network, work))
            + waiting.Sum(plan => Seconds(plan.Row.Network, Work(plan))));
    }

    private (double Seconds, double Work) Measured() =>
        (time.GetElapsedTime(start).TotalSeconds, Work(current!) * (share - shareAtStart));

    private static (double Seconds, double Work) Sum(
        (double Seconds, double Work) a, (double Seconds, double Work) b) =>
        (a.Seconds + b.Seconds, a.Work + b.Work);

    private static double Work(RowPlan plan)
    {
        var options = plan.Configuration.Options;
        double scale = Math.Pow((double)options.Size / StandardSize, 2);
        // Where only the classifier learns there is no backward pass worth counting; otherwise it costs two forward
        // passes.
        double passes = options.Freeze == Network.BackboneFrozen ? 1 : 3;
        DataDescription data = plan.Configuration.Data;
        return (options.Network == Vgg16.Name ? Vgg16Work : ResNet18Work) * scale * options.Epochs
            * ((passes + 1) * data.Train + data.Validation);
    }
}
