using System.Globalization;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class UploadStagingTests
{
    // Of each way: small, one block, several, one that is not whole; larger ones and smaller ones after each other.
    private static readonly int[] lengths =
        [1, 1 << 16, (1 << 22) + 1, (1 << 23) - 3, 3 << 22, 40_000_001, 100_000, 17 << 20];

    private Context context = null!;

    [OneTimeSetUp]
    public void CreateContext() => context = DeviceCatalog.CreateContext();

    [OneTimeTearDown]
    public void DisposeContext() => context.Dispose();

    [Test]
    public void WhatIsStagedArrives()
    {
        using Accelerator accelerator = CreateAccelerator();
        using AcceleratorStream stream = accelerator.CreateStream();
        using var staging = new UploadStaging(accelerator, stream, new MemoryUse());
        foreach (int length in lengths)
        {
            byte[] sent = Bytes(length, length);
            using MemoryBuffer1D<byte, Stride1D.Dense> received = accelerator.Allocate1D<byte>(length);
            Assert.That(staging.TryCopy<byte>(received.View, sent));
            stream.Synchronize();
            RequireEqual(received, sent);
        }
    }

    /// <summary>
    /// Copies that follow each other with no wait: memory that is used again is not written before it was read, and
    /// what is launched between two uploads to one place sees the first.
    /// </summary>
    [Test]
    public void UploadsKeepTheOrderOfTheLaunches()
    {
        const int Length = 9_000_001, Uploads = 7;
        using Accelerator accelerator = CreateAccelerator();
        using AcceleratorStream stream = accelerator.CreateStream();
        using var staging = new UploadStaging(accelerator, stream, new MemoryUse());
        using MemoryBuffer1D<byte, Stride1D.Dense> place = accelerator.Allocate1D<byte>(Length);
        MemoryBuffer1D<byte, Stride1D.Dense>[] seen =
            [.. Enumerable.Range(0, Uploads).Select(_ => accelerator.Allocate1D<byte>(Length))];
        byte[] sent = new byte[Length];
        for (int i = 0; i < Uploads; i++)
        {
            Bytes(Length, seed: i).CopyTo(sent, 0);
            Assert.That(staging.TryCopy<byte>(place.View, sent));
            seen[i].View.CopyFrom(stream, place.View);
        }
        stream.Synchronize();
        for (int i = 0; i < Uploads; i++)
        {
            RequireEqual(seen[i], Bytes(Length, seed: i));
            seen[i].Dispose();
        }
    }

    [Test]
    public void UploadsMayBeMoreThanAnIndexCounts([Values((long)int.MaxValue, (long)uint.MaxValue)] long uploads)
    {
        using Accelerator accelerator = CreateAccelerator();
        using AcceleratorStream stream = accelerator.CreateStream();
        using var staging = new UploadStaging(accelerator, stream, new MemoryUse());
        foreach (string counter in new[] { "nextSmall", "nextLanding" })
        {
            FieldInfo field = typeof(UploadStaging).GetField(counter, BindingFlags.Instance | BindingFlags.NonPublic)!;
            field.SetValue(staging, Convert.ChangeType(uploads, field.FieldType, CultureInfo.InvariantCulture));
        }
        foreach (int length in new[] { 1, 2, 3, 1 << 20, 2 << 20, 3 << 20 })
        {
            byte[] sent = Bytes(length, length);
            using MemoryBuffer1D<byte, Stride1D.Dense> received = accelerator.Allocate1D<byte>(length);
            Assert.That(staging.TryCopy<byte>(received.View, sent));
            stream.Synchronize();
            RequireEqual(received, sent);
        }
    }

    [Test]
    public void VeryLargeArraysAreLeftToOthersAndLandingPlacesAreCounted()
    {
        using Accelerator accelerator = CreateAccelerator();
        using AcceleratorStream stream = accelerator.CreateStream();
        var use = new MemoryUse();
        using var staging = new UploadStaging(accelerator, stream, use);
        using MemoryBuffer1D<byte, Stride1D.Dense> place = accelerator.Allocate1D<byte>((1 << 28) + 1);
        byte[] sent = new byte[place.Length];
        Assert.Multiple(() =>
        {
            Assert.That(staging.TryCopy<byte>(place.View, sent), Is.False);
            Assert.That(use.PeakBytes, Is.Zero);
            Assert.That(staging.TryCopy(place.View.SubView(0, 1 << 20), sent.AsSpan(0, 1 << 20)));
            Assert.That(use.PeakBytes, Is.InRange(1 << 20, 2 << 20));
        });
    }

    private CPUAccelerator CreateAccelerator() => context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context);

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void RequireEqual(MemoryBuffer1D<byte, Stride1D.Dense> received, byte[] sent)
    {
        var back = new byte[sent.Length];
        received.View.CopyToCPU(back);
        Assert.That(back.AsSpan().SequenceEqual(sent), $"{sent.Length} bytes came back different.");
    }
}
