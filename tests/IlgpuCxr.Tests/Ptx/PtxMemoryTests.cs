using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Ptx;

/// <summary>The interpreter finds threads that meet in global memory where that changes what is computed.</summary>
public sealed class PtxMemoryTests
{
    private const int Count = 200;

    [Test]
    public void Threads_that_each_have_an_element_of_their_own_are_in_order() =>
        Assert.That(Run(Doubles), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 2f * i)));

    [Test]
    public void What_is_read_while_another_writes_it_and_dropped_changes_nothing() =>
        Assert.That(Run(DoublesAndDropsTheLast), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 2f * i)));

    [Test]
    public void Two_writers_of_an_element_are_found() =>
        Assert.That(
            () => Run(HalvesTheIndex),
            Throws.InvalidOperationException.With.Message.Contains("as another does in no order"));

    /// <summary>One thread after another, each reads what the one before has written, or what it will write.</summary>
    [TestCase(-1)]
    [TestCase(1)]
    public void A_reader_of_what_another_writes_is_found(int neighbour) =>
        Assert.That(
            () => Run(neighbour < 0 ? AddsTheOneBefore : AddsTheOneAfter),
            Throws.InvalidOperationException.With.Message.Contains("depends on when another thread reads or writes"));

    private static float[] Run(Action<Index1D, ArrayView<float>> kernel)
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions());
        using DeviceBuffer<float> values = device.Allocate<float>(Count);
        device.Upload<float>(values.View, [.. Enumerable.Range(0, Count).Select(i => (float)i)]);
        device.Launch(kernel, Count, values.View);
        return device.Download(values.View);
    }

    private static void Doubles(Index1D index, ArrayView<float> values) =>
        values[index] = 2 * values[index];

    private static void DoublesAndDropsTheLast(Index1D index, ArrayView<float> values)
    {
        float last = values[Count - 1];
        values[index] = index < Count ? 2 * values[index] : last;
    }

    private static void HalvesTheIndex(Index1D index, ArrayView<float> values) =>
        values[index / 2] = 1;

    private static void AddsTheOneBefore(Index1D index, ArrayView<float> values) =>
        values[index] += index > 0 ? values[index - 1] : 0;

    private static void AddsTheOneAfter(Index1D index, ArrayView<float> values) =>
        values[index] += index < Count - 1 ? values[index + 1] : 0;
}
