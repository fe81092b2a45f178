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
        var refusal = new Refusal("a PTX JIT compilation failed.");
        Assert.That(
            () => KernelLoader.Load(accelerator, kernel, () => throw refusal),
            Throws.TypeOf<DeviceException>().With.InnerException.SameAs(refusal).And.Message.StartsWith(
                $"The driver of {accelerator.Name} refuses the kernel ReluNaive.Forward (a PTX JIT compilation failed);"));
    }

    private sealed class Refusal(string message) : AcceleratorException(message)
    {
        public override AcceleratorType AcceleratorType => AcceleratorType.Cuda;
    }
}
