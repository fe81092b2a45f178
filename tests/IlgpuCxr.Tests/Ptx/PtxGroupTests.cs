using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Ptx;

/// <summary>The interpreter finds threads of a group that do not meet as a GPU wants them to.</summary>
public sealed class PtxGroupTests
{
    private const int Threads = 64;

    [Test]
    public void Threads_that_meet_at_a_barrier_read_what_others_wrote_before_it() =>
        Assert.That(
            Run(Reverses), Is.EqualTo(Enumerable.Range(0, 2 * Threads).Select(i => (float)(Threads - 1 - i % Threads))));

    [Test]
    public void A_missing_barrier_is_found() =>
        Assert.That(
            () => Run(ReversesAtOnce), Throws.InvalidOperationException.With.Message.Contains("with no barrier between"));

    [Test]
    public void Lanes_of_a_warp_that_meet_at_two_barriers_are_found() =>
        Assert.That(
            () => Run(MeetsAtTwoBarriers),
            Throws.InvalidOperationException.With.Message.StartsWith("Not all threads of a warp"));

    [Test]
    public void A_lane_that_does_not_come_to_the_barrier_is_found() =>
        Assert.That(
            () => Run(LeavesBeforeTheBarrier),
            Throws.InvalidOperationException.With.Message.StartsWith("Not all threads of a warp"));

    private static float[] Run(Action<ArrayView<float>, int> kernel)
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions());
        using DeviceBuffer<float> values = device.Allocate<float>(2 * Threads);
        device.LaunchGrouped(kernel, new Index2D(2, 1), new KernelSpecialization(Threads, 1), values.View, Threads);
        return device.Download(values.View);
    }

    private static void Reverses(ArrayView<float> values, int threads)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        values[Grid.IdxX * threads + Group.IdxX] = shared[threads - 1 - Group.IdxX];
    }

    private static void ReversesAtOnce(ArrayView<float> values, int threads)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        values[Grid.IdxX * threads + Group.IdxX] = shared[threads - 1 - Group.IdxX];
    }

    private static void MeetsAtTwoBarriers(ArrayView<float> values, int threads)
    {
        if (Group.IdxX < threads / 4)
        {
            Group.Barrier();
            values[Grid.IdxX * threads + Group.IdxX] = 1;
        }
        else
        {
            values[Grid.IdxX * threads + Group.IdxX] = 2;
            Group.Barrier();
        }
    }

    private static void LeavesBeforeTheBarrier(ArrayView<float> values, int threads)
    {
        if (Group.IdxX == threads - 1)
            return;
        Group.Barrier();
        values[Grid.IdxX * threads + Group.IdxX] = 1;
    }
}
