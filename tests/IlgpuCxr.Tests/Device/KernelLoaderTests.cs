using System.Diagnostics;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class KernelLoaderTests
{
    [Test]
    public void A_kernel_that_the_driver_refuses_is_named_with_its_words()
    {
        using Context context = Context.Create(builder => builder.CPU(CPUDeviceKind.Nvidia));
        using Accelerator accelerator = context.CreateCPUAccelerator(0);
        MethodInfo kernel = typeof(ReluNaive).GetMethod(nameof(ReluNaive.Forward))!;
        var refusal = new Refusal("a PTX JIT compilation failed");
        Assert.That(
            () => KernelLoader.Load(accelerator, kernel, () =>
            {
                Trace.WriteLine("PTX Kernel loading failed:");
                Trace.WriteLine("line 9; fatal\n\0\0\0");
                throw refusal;
            }),
            Throws.TypeOf<DeviceException>().With.InnerException.SameAs(refusal).And.Message.StartsWith(
                $"The driver of {accelerator.Name} refuses the kernel ReluNaive.Forward (a PTX JIT compilation failed: ").And.Message.Contains(
                "PTX Kernel loading failed: line 9; fatal"));
    }

    [Test]
    public void Words_are_listened_to_no_longer_than_a_kernel_is_loaded()
    {
        var words = new TracedWords();
        Trace.WriteLine("while it is loaded");
        words.Dispose();
        Trace.WriteLine("afterwards");
        Assert.That(words.ToString(), Does.Contain("while it is loaded").And.Not.Contain("afterwards"));
    }

    private sealed class Refusal(string message) : AcceleratorException(message)
    {
        public override AcceleratorType AcceleratorType => AcceleratorType.Cuda;
    }
}
