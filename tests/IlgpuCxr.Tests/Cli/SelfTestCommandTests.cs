using System.Reflection;
using ILGPU.Runtime;
using IlgpuCxr.Cli.Commands;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Cli;

[NonParallelizable]
public sealed class SelfTestCommandTests
{
    [Test]
    public void A_device_that_is_lost_ends_the_checks_and_fails()
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions());
        FieldInfo stream = typeof(ComputeDevice).GetField("stream", BindingFlags.Instance | BindingFlags.NonPublic)!;
        var before = (AcceleratorStream)stream.GetValue(device)!;
        using var lost = new LostStream(before.Accelerator);
        using var output = new StringWriter();
        TextWriter console = Console.Out;
        Console.SetOut(output);
        stream.SetValue(device, lost);
        int exitCode;
        try
        {
            exitCode = SelfTestCommand.Run(device, isJson: false, isVerbose: false);
        }
        finally
        {
            stream.SetValue(device, before);
            Console.SetOut(console);
        }
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(
            output.ToString().TrimEnd().ReplaceLineEndings("\n").Split('\n')[1..], Is.EqualTo(new[]
            {
                "FAILED  uploads in turn, with no wait                    4 shapes   error NaN, bound 0",
                "        1 shape failed, the worst: 5",
                $"        System.InvalidOperationException: {LostStream.Message}",
                "        The device answers no more: what would come next is left out.",
                "1 of 1 checks failed.",
            }));
    }

    /// <summary>The stream of a device whose driver answers every call with the fault of a kernel.</summary>
    private sealed class LostStream(Accelerator accelerator) : AcceleratorStream(accelerator)
    {
        public const string Message = "an illegal memory access was encountered";

        public override void Synchronize() => throw new InvalidOperationException(Message);

        protected override ProfilingMarker AddProfilingMarkerInternal() => throw new InvalidOperationException(Message);

        protected override void DisposeAcceleratorObject(bool disposing)
        {
        }
    }
}
