using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Dropout;

/// <summary>Which values a dropout layer keeps in one step, without a mask in memory.</summary>
/// <remarks>
/// <code>
/// kept[i]   = word i mod 4 of Philox(counter = (i div 4, step, 0, 0), key) ≥ rate · 2³²
/// output[i] = kept[i] ? input[i] / (1 - rate) : 0
/// gradInput[i] = kept[i] ? gradOutput[i] / (1 - rate) : 0
/// </code>
/// The backward pass computes <c>kept</c> again: ten rounds of integer arithmetic for four values cost less than a byte
/// each to and from memory, and nothing has to be kept between the passes. The step's number is in device memory,
/// because a step that was recorded (<see cref="ComputeDevice.Record"/>) is launched with the same arguments each time.
/// </remarks>
/// <param name="Key">A number for the run's seed and the layer.</param>
/// <param name="Rate">Probability with which a value is dropped, at least 0 and less than 1.</param>
public readonly record struct DropoutMask(ulong Key, float Rate)
{
    /// <summary>What kept values are multiplied by, so that their expectation stays: <c>1 / (1 - rate)</c>.</summary>
    public float Scale => 1 / (1 - Rate);

    /// <summary>Words below this drop their value: <c>⌈rate · 2³²⌉</c>.</summary>
    internal uint Threshold => (uint)Math.Ceiling(Rate * 4294967296.0);

    /// <summary>The four words for the values <c>4 block … 4 block + 3</c> in a step.</summary>
    internal static Philox Words(ulong key, int block, int step) =>
        Philox.Words((uint)block, (uint)step, 0, 0, (uint)key, (uint)(key >> 32));

    /// <summary>The mask as <c>p0.5</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p{Rate}");
}
