using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;

namespace IlgpuCxr.Tests.Operators;

/// <summary>The linear layer on what is not finite.</summary>
public sealed class LinearTests
{
    /// <summary>
    /// Five rows, which the vector kernels take four at a time: of the three that are missing none may make a NaN of an
    /// infinity.
    /// </summary>
    [Test]
    public void An_infinity_in_the_last_row_stays_one(
        [Values(Implementation.Naive, Implementation.Vector)] Implementation kernels)
    {
        var shape = new LinearShape(N: 5, In: 19, Out: 5);
        float[] input = [.. Enumerable.Repeat(1f, 95)], weights = [.. input], gradOutput = input[..25];
        // In a whole vector, and in what is left after the whole ones.
        foreach (int i in new[] { 76, 94 })
            input[i] = weights[i] = float.PositiveInfinity;
        using ComputeDevice device = kernels.Open()!;
        Dictionary<string, double[]> expected = Compute.Linear(null, shape, input, weights, null, gradOutput);
        Dictionary<string, double[]> actual = Compute.Linear(device, shape, input, weights, null, gradOutput);
        Assert.That(actual["grad_input"], Is.EqualTo(expected["grad_input"]));
        Assert.That(actual["grad_weight"], Is.EqualTo(expected["grad_weight"]));
    }
}
