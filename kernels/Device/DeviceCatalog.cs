using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace IlgpuCxr.Kernels.Device;

/// <summary>A device that is present.</summary>
/// <param name="Selector">What <see cref="DeviceCatalog.Open"/> calls it.</param>
/// <param name="Kind">Its family.</param>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Multiprocessors">Streaming multiprocessors, compute units, or threads.</param>
/// <param name="MaxGroupSize">Most threads that may share memory; 0 for the CPU.</param>
public sealed record DeviceDescription(
    string Selector, DeviceKind Kind, string Name, long MemoryBytes, int Multiprocessors, int MaxGroupSize);

/// <summary>Finds devices and opens them.</summary>
public static class DeviceCatalog
{
    /// <summary>Lists all devices, the fastest family first.</summary>
    public static IReadOnlyList<DeviceDescription> List()
    {
        using Context context = CreateContext();
        var found = new List<DeviceDescription>();
        foreach (CudaDevice device in context.GetCudaDevices())
            found.Add(Describe(device, DeviceKind.Cuda, $"cuda:{found.Count}"));
        int cuda = found.Count;
        foreach (CLDevice device in context.GetCLDevices())
            found.Add(Describe(device, DeviceKind.OpenCl, $"opencl:{found.Count - cuda}"));
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        found.Add(
            new DeviceDescription(
                "cpu", DeviceKind.Cpu, CpuName(Environment.ProcessorCount), memory, Environment.ProcessorCount, 0));
        return found;
    }

    /// <summary>Opens a device.</summary>
    /// <param name="selector">
    /// <c>auto</c> (CUDA if there is one, else the CPU), <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>, <c>opencl</c>,
    /// <c>opencl:1</c>.
    /// </param>
    /// <param name="options">Threads and algorithms.</param>
    /// <exception cref="DeviceException">
    /// There is no such device, or it cannot do what the options ask for, or selector or options are not understood.
    /// </exception>
    public static ComputeDevice Open(string selector, DeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        options ??= new DeviceOptions();
        if (options.Threads < 1)
            throw new DeviceException(
                $"A device needs at least 1 thread, not {options.Threads}; leave the number out to use all cores.");
        string[] parts = selector.Split(':');
        int index = 0;
        if (parts.Length > 2
            || parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index))
            throw Unknown(selector);
        Context context = CreateContext();
        try
        {
            return (parts[0].ToLowerInvariant(), parts.Length) switch
            {
                ("auto", 1) => context.GetCudaDevices().Count > 0
                    ? OpenCuda(context, selector, 0, options)
                    : OpenCpu(context, options),
                ("cpu", 1) => OpenCpu(context, options),
                ("cuda", _) => OpenCuda(context, selector, index, options),
                ("opencl", _) => OpenCl(context, selector, index, options),
                _ => throw Unknown(selector),
            };
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    internal static string CpuName(int threads) => string.Create(
        CultureInfo.InvariantCulture,
        $"CPU, {threads} {(threads == 1 ? "thread" : "threads")}, {VectorWidth} ({RuntimeInformation.ProcessArchitecture})");

    internal static string VectorWidth =>
        Vector512.IsHardwareAccelerated ? "512-bit vectors"
        : Vector256.IsHardwareAccelerated ? "256-bit vectors"
        : Vector128.IsHardwareAccelerated ? "128-bit vectors"
        : "no vectors";

    /// <summary>The one place that sets up ILGPU.</summary>
    internal static Context CreateContext()
    {
        NativeLibraries.Install();
        return CreateContext(Configure);
    }

    /// <summary>The compiler alone, with what decides the code of a kernel.</summary>
    internal static Context CreateCompiler() => CreateContext(ConfigureCompiler);

    private static Context CreateContext(Action<Context.Builder> configure)
    {
        Context context = Context.Create(configure);
        EarlySimplification.Apply(context);
        return context;
    }

    private static void ConfigureCompiler(Context.Builder builder)
    {
        // O1, because O2 miscompiles; see SafeOptimizationHook.
        builder.Optimize(OptimizationLevel.O1);
        // Exp, Log and Tanh in kernels come from ILGPU.Algorithms.
        builder.EnableAlgorithms();
        TensorCore.Register(builder);
        Warpgroup.Register(builder);
    }

    private static void Configure(Context.Builder builder)
    {
        ConfigureCompiler(builder);
        // Two threads are the fewest that ILGPU accepts; they idle, see ComputeDevice.Launch.
        builder.CPU(new CPUDevice(2, 1, 1));
        builder.Cuda();
        builder.OpenCL(_ => true);
        // Not for times, but for the markers by which UploadStaging knows that a copy is done.
        builder.Profiling();
    }

    private static ComputeDevice OpenCpu(Context context, DeviceOptions options) =>
        new(
            context, context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel),
            DeviceKind.Cpu, options);

    private static ComputeDevice OpenCuda(Context context, string selector, int index, DeviceOptions options)
    {
        var devices = context.GetCudaDevices();
        if (index >= devices.Count)
            throw Missing(selector, "CUDA", devices.Count, $" ({NativeLibraries.WhyNoCuda()})");
        return new ComputeDevice(context, devices[index].CreateCudaAccelerator(context), DeviceKind.Cuda, options);
    }

    private static ComputeDevice OpenCl(Context context, string selector, int index, DeviceOptions options)
    {
        var devices = context.GetCLDevices();
        if (index >= devices.Count)
            throw Missing(selector, "OpenCL", devices.Count);
        CLDevice device = devices[index];
        // ILGPU refuses devices without the generic address space; kernels compiled with SafeOptimizationHook do not
        // use it.
        typeof(CLCapabilityContext).GetProperty(
            nameof(CLCapabilityContext.GenericAddressSpace))!.SetValue(device.Capabilities, true);
        return new ComputeDevice(context, device.CreateCLAccelerator(context), DeviceKind.OpenCl, options);
    }

    private static DeviceDescription Describe(ILGPU.Runtime.Device device, DeviceKind kind, string selector) =>
        new(selector, kind, device.Name, device.MemorySize, device.NumMultiprocessors, device.MaxNumThreadsPerGroup);

    private static DeviceException Missing(string selector, string family, int present, string reason = "") =>
        new(present == 0
            ? $"There is no {family} device for '{selector}'{reason}; use 'cpu', or install the driver."
            : $"There is no {family} device number {selector.Split(':')[^1]}; 'cxr devices' lists the {present} present.");

    private static DeviceException Unknown(string selector) =>
        new($"The device '{selector}' is not understood; use auto, cpu, cuda, cuda:N, opencl or opencl:N.")
        {
            IsWrongUsage = true,
        };
}
