using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class UploadStagingTests
{
    /// <summary>
    /// Small arrays and large ones, which several threads copy in parts; slots are used again, by larger arrays and by
    /// smaller ones.
    /// </summary>
    [Test]
    public void WhatIsStagedArrives()
    {
        using Context context = DeviceCatalog.CreateContext();
        using Accelerator accelerator = context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context);
        using AcceleratorStream stream = accelerator.CreateStream();
        using var staging = new UploadStaging(accelerator, stream);
        foreach (int length in new[] { 1, 1 << 16, (1 << 22) + 1, (1 << 23) - 3, 3 << 22, 5_000_001, 100_000 })
        {
            byte[] sent = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 + (i >> 8) + length))];
            using MemoryBuffer1D<byte, Stride1D.Dense> received = accelerator.Allocate1D<byte>(length);
            Assert.That(staging.TryCopy<byte>(received.View, sent));
            stream.Synchronize();
            var back = new byte[length];
            received.View.CopyToCPU(back);
            Assert.That(back.AsSpan().SequenceEqual(sent), $"{length} bytes came back different.");
        }
    }
}
