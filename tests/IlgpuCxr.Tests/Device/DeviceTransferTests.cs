using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

// Alone: its collections hold up every thread of this process, and take the longer the more the other tests have
// allocated.
[NonParallelizable]
public sealed class DeviceTransferTests
{
    private static IEnumerable<string> Selectors() => DeviceCatalog.List().Select(device => device.Selector);

    [TestCaseSource(nameof(Selectors))]
    public void TransfersSurviveTheGarbageCollector(string selector)
    {
        using ComputeDevice device = DeviceCatalog.Open(selector);
        using var stop = new CancellationTokenSource();
        // Collections that compact move every small array that nothing pins.
        Task collector = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                GC.Collect(0, GCCollectionMode.Forced, blocking: true, compacting: true);
        });
        try
        {
            for (int round = 0; round < 500; round++)
            {
                float[] sent = [.. Enumerable.Range(0, 1000).Select(i => (float)(i + round))];
                using DeviceBuffer<float> buffer = device.Allocate<float>(sent.Length);
                device.Upload<float>(buffer.View, sent);
                Assert.That(
                    device.Download(buffer.View).AsSpan().SequenceEqual(sent), $"Round {round} came back different.");
            }
        }
        finally
        {
            stop.Cancel();
            collector.Wait();
        }
    }

    [Test]
    public void MemoryOfImpossibleSizesIsRefused()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        Assert.That(() => device.Allocate<float>(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Allocate<float>(long.MaxValue / 4), Throws.InstanceOf<OverflowException>());
    }

    [Test]
    public void MemoryThatNobodyDisposesOfIsFreedWithItsLastView()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        // A collection in between would take the buffer after it was finalized.
        CpuBuffer? freed = null;
        for (int attempt = 0; attempt < 10 && freed is null; attempt++)
        {
            WeakReference buffer = UseAndForget();
            Collect();
            freed = (CpuBuffer?)buffer.Target;
        }
        Assert.That(freed, Is.Not.Null);
        Assert.That(freed.NativePtr, Is.EqualTo((nint)0));

        // Of its own, so that no view is left on the stack.
        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference UseAndForget()
        {
            ArrayView<float> view = device.Allocate<float>(2).View;
            device.Upload<float>(view, [1, 2]);
            Collect();
            Assert.That(device.Download(view), Is.EqualTo(new[] { 1f, 2 }));
            return new WeakReference(((IArrayView)view).Buffer, trackResurrection: true);
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Test]
    public void LengthsThatDifferAreRefused()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using DeviceBuffer<float> three = device.Allocate<float>(3), four = device.Allocate<float>(4);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => device.Upload<float>(three.View, new float[4]),
                Throws.ArgumentException.With.Message.Contains("4 elements cannot be copied to a place for 3"));
            Assert.That(() => device.Upload<float>(four.View, []), Throws.ArgumentException);
            Assert.That(() => device.Download(new float[4].AsSpan(), three.View), Throws.ArgumentException);
            Assert.That(() => device.Copy(three.View, four.View), Throws.ArgumentException);
        });
    }
}
