using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Tells .NET where the driver libraries are that ILGPU, and this project, ask for by their short names.
/// </summary>
/// <remarks>
/// ILGPU imports <c>cuda</c> and <c>OpenCL</c>. .NET then probes <c>libcuda.so</c>, which only development packages
/// install; a driver, and every container, has <c>libcuda.so.1</c>. Without this resolver ILGPU silently reports no
/// GPU.
/// </remarks>
internal static partial class NativeLibraries
{
    /// <summary>The name by which this project imports the CUDA driver.</summary>
    public const string Cuda = "cuda";

    private static int installed;

    /// <summary>Installs the resolver once in a process, which must happen before ILGPU looks for devices.</summary>
    internal static void Install()
    {
        if (Interlocked.Exchange(ref installed, 1) != 0)
            return;
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);
        // Under WSL, ILGPU installs a resolver of its own, and a second one for the same assembly throws. For Windows
        // it has names of its own.
        if (OperatingSystem.IsLinux() && !IsWsl())
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
    }

    /// <summary>
    /// Why there is no CUDA device, as far as the driver tells; ILGPU takes every failure for a machine without one.
    /// </summary>
    internal static string WhyNoCuda()
    {
        try
        {
            int code = InitializeCuda(0);
            if (code != 0)
                return $"cuInit returns the error {code}";
            code = CountCudaDevices(out int count);
            return (code, count) switch
            {
                (0, 0) => "its driver counts none",
                (0, _) => $"its driver counts {count}, but does not tell ILGPU all about them",
                _ => $"cuDeviceGetCount returns the error {code}",
            };
        }
        catch (DllNotFoundException)
        {
            return "its driver's library cannot be loaded";
        }
    }

    [LibraryImport(Cuda, EntryPoint = "cuInit")]
    private static partial int InitializeCuda(uint flags);

    [LibraryImport(Cuda, EntryPoint = "cuDeviceGetCount")]
    private static partial int CountCudaDevices(out int count);

    private static IntPtr Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath)
    {
        string? soname = libraryName switch
        {
            Cuda => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1",
            "OpenCL" => "libOpenCL.so.1",
            _ => null,
        };
        return soname is not null && NativeLibrary.TryLoad(soname, out IntPtr handle) ? handle : IntPtr.Zero;
    }

    private static bool IsWsl() =>
        File.Exists("/proc/sys/kernel/osrelease")
        && File.ReadAllText("/proc/sys/kernel/osrelease").Contains("microsoft", StringComparison.OrdinalIgnoreCase);
}
