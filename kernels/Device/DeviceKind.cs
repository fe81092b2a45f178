namespace IlgpuCxr.Kernels.Device;

/// <summary>The families of devices that kernels run on.</summary>
public enum DeviceKind
{
    /// <summary>The processor, with vector kernels on a pool of threads.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU, through PTX.</summary>
    Cuda,

    /// <summary>Any other accelerator with an OpenCL 2 driver.</summary>
    OpenCl,
}
