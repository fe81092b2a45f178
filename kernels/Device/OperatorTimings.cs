using System.Diagnostics;

namespace IlgpuCxr.Kernels.Device;

/// <summary>What one operator cost, summed over the calls that share a name, a shape and an algorithm.</summary>
/// <param name="Operator">For example <c>convolution forward</c>.</param>
/// <param name="Shape">The operator's sizes.</param>
/// <param name="Algorithm">The algorithm that ran.</param>
/// <param name="Calls">How often.</param>
/// <param name="Seconds">
/// Time of all calls, each taken to be as long as their median: what interrupts one of a few is not the operator's.
/// </param>
/// <param name="Flops">Floating-point operations of all calls, a multiply-add counted as two.</param>
/// <param name="Bytes">Bytes that all calls must move at least.</param>
public sealed record OperatorTiming(
    string Operator, string Shape, string Algorithm, int Calls, double Seconds, double Flops, double Bytes);

/// <summary>Measures operators while it is switched on; every measured call waits for the device.</summary>
public sealed class OperatorTimings
{
    private readonly ComputeDevice device;
    private readonly Dictionary<(string Operator, string Shape, string Algorithm), CallTimes> calls = [];

    internal OperatorTimings(ComputeDevice device) => this.device = device;

    /// <summary>Whether calls are measured.</summary>
    public bool Enabled { get; set; }

    /// <summary>The measurements so far, the most expensive first.</summary>
    public IReadOnlyList<OperatorTiming> Results =>
    [
        .. calls.Select(of => new OperatorTiming(
            of.Key.Operator, of.Key.Shape, of.Key.Algorithm, of.Value.Seconds.Count,
            of.Value.Seconds.Count * Median(of.Value.Seconds), of.Value.Flops, of.Value.Bytes))
            .OrderByDescending(timing => timing.Seconds),
    ];

    /// <summary>Forgets all measurements.</summary>
    public void Clear() => calls.Clear();

    /// <summary>Measures from now until the result is disposed.</summary>
    internal Scope Measure<TShape, TAlgorithm>(
        string name, in TShape shape, TAlgorithm algorithm, double flops, double bytes)
        where TShape : struct
        where TAlgorithm : struct, Enum
    {
        if (!Enabled || device.IsPlanning)
            return default;
        device.Synchronize();
        return new Scope(this, (name, shape.ToString()!, algorithm.ToString().ToLowerInvariant()), flops, bytes);
    }

    /// <summary>One call being measured; the default does nothing.</summary>
    internal readonly struct Scope : IDisposable
    {
        private readonly OperatorTimings? owner;
        private readonly (string Operator, string Shape, string Algorithm) key;
        private readonly double flops;
        private readonly double bytes;
        private readonly long start;

        public Scope(
            OperatorTimings owner, (string Operator, string Shape, string Algorithm) key, double flops, double bytes)
        {
            this.owner = owner;
            this.key = key;
            this.flops = flops;
            this.bytes = bytes;
            start = Stopwatch.GetTimestamp();
        }

        public void Dispose()
        {
            if (owner is null)
                return;
            owner.device.Synchronize();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!owner.calls.TryGetValue(key, out CallTimes? times))
                owner.calls[key] = times = new CallTimes();
            times.Seconds.Add(seconds);
            times.Flops += flops;
            times.Bytes += bytes;
        }
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed class CallTimes
    {
        public List<double> Seconds { get; } = [];

        public double Flops { get; set; }

        public double Bytes { get; set; }
    }
}
