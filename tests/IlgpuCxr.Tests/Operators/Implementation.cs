using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Device;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Operators;

/// <summary>The ways to compute an operator that tests compare.</summary>
public enum Implementation
{
    /// <summary>The double-precision definition.</summary>
    Reference,

    /// <summary>The naive kernels on the thread pool.</summary>
    Naive,

    /// <summary>The naive kernels, launched through ILGPU's own CPU accelerator.</summary>
    NaiveThroughIlgpu,

    /// <summary>The fast kernels of the CPU, with direct convolutions: exact where sums of integers are.</summary>
    Vector,

    /// <summary>The fast kernels, with F(2x2, 3x3) for the convolutions that it fits.</summary>
    Winograd2,

    /// <summary>The fast kernels, with F(4x4, 3x3) for the convolutions that it fits.</summary>
    Winograd4,

    /// <summary>The fast kernels of a CUDA device in single precision, their PTX interpreted.</summary>
    Gpu,

    /// <summary>The naive kernels on an NVIDIA GPU.</summary>
    CudaNaive,

    /// <summary>
    /// What operators choose on an NVIDIA GPU in single precision, with direct convolutions: exact where sums of
    /// integers are.
    /// </summary>
    Cuda,

    /// <summary>The naive kernels on an OpenCL device.</summary>
    OpenClNaive,

    /// <summary>The same on an OpenCL device.</summary>
    OpenCl,
}

internal static class ImplementationExtensions
{
    private const string DirectConvolutions = "convolution=tiled";

    /// <summary>The implementations on a kind of device that a machine may lack.</summary>
    public static IReadOnlyList<Implementation> On(string selector) => selector switch
    {
        "cuda" => [Implementation.CudaNaive, Implementation.Cuda],
        "opencl" => [Implementation.OpenClNaive, Implementation.OpenCl],
        _ => [],
    };

    /// <summary>Those of the implementations that can run on this machine.</summary>
    public static Implementation[] OnThisMachine(this IEnumerable<Implementation> implementations) =>
        [.. implementations.Except(Devices.Absent.SelectMany(On))];

    /// <summary>A device on which operators run so; none for the reference, which needs none.</summary>
    public static ComputeDevice? Open(this Implementation implementation, int threads = 2) => implementation switch
    {
        Implementation.Reference => null,
        Implementation.Naive =>
            DeviceCatalog.Open("cpu", new DeviceOptions { Threads = threads, Algorithms = "naive" }),
        Implementation.NaiveThroughIlgpu =>
            DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "naive", LaunchThroughIlgpu = true }),
        Implementation.Vector =>
            DeviceCatalog.Open(
                "cpu",
                new DeviceOptions { Threads = threads, Algorithms = $"vector,convolution={VectorChoice.Widest}" }),
        Implementation.Winograd2 or Implementation.Winograd4 =>
            DeviceCatalog.Open(
                "cpu", new DeviceOptions { Threads = threads, Algorithms = $"vector,convolution={implementation}" }),
        Implementation.Gpu => EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Fp32 }),
        Implementation.CudaNaive => OpenGpu("cuda", "naive"),
        Implementation.Cuda => OpenGpu("cuda", DirectConvolutions),
        Implementation.OpenClNaive => OpenGpu("opencl", "naive"),
        Implementation.OpenCl => OpenGpu("opencl", DirectConvolutions),
        _ => throw new ArgumentOutOfRangeException(nameof(implementation)),
    };

    private static ComputeDevice OpenGpu(string selector, string algorithms) =>
        DeviceCatalog.Open(
            selector,
            new DeviceOptions { Algorithms = algorithms, Precision = selector == "cuda" ? Precision.Fp32 : null });
}
