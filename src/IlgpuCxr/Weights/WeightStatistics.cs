using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>A tensor in numbers; what is not finite is counted and left out of the rest.</summary>
/// <param name="Minimum">The smallest element.</param>
/// <param name="Maximum">The largest element.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation of the elements themselves, <c>√(Σ (x - mean)² / n)</c>.</param>
/// <param name="NotFinite">How many elements are infinite or no number.</param>
public sealed record WeightStatistics(double Minimum, double Maximum, double Mean, double Deviation, long NotFinite)
{
    private const int BlockElements = 1 << 16;

    /// <summary>Reads a tensor once; null where none of its elements has a value.</summary>
    /// <param name="tensor">A tensor of an open file.</param>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public static WeightStatistics? Of(WeightTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!tensor.IsConvertible || tensor.ElementCount == 0)
            return null;
        TensorReader reader = tensor.OpenReader();
        var block = new float[Math.Min(BlockElements, tensor.ElementCount)];
        (double minimum, double maximum, double mean, double squares, long count) =
            (double.PositiveInfinity, double.NegativeInfinity, 0, 0, 0);
        for (long first = 0; first < tensor.ElementCount; first += block.Length)
        {
            Span<float> values = block.AsSpan(0, (int)Math.Min(block.Length, tensor.ElementCount - first));
            reader.Read(first, values);
            foreach (float value in values)
            {
                if (!float.IsFinite(value))
                    continue;
                // Welford 1962: stable where the mean is far from zero.
                double distance = value - mean;
                mean += distance / ++count;
                squares += distance * (value - mean);
                (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
            }
        }
        return count == 0
            ? null
            : new WeightStatistics(minimum, maximum, mean, Math.Sqrt(squares / count), tensor.ElementCount - count);
    }
}
