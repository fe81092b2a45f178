using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace IlgpuCxr.Kernels.Device;

/// <summary>A CUDA graph: a step of a hundred launches that costs the host one.</summary>
/// <remarks>
/// ILGPU has no graphs, but it launches on a stream whose handle is known, and the driver records what is launched on a
/// stream. See
/// <see href="https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__STREAM.html">cuStreamBeginCapture</see> and
/// <see href="https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__GRAPH.html">cuGraphLaunch</see>.
/// </remarks>
internal sealed partial class CudaGraph : ILaunchGraph
{
    // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may allocate meanwhile.
    private const int ThreadLocal = 1;

    private readonly CudaStream stream;
    private IntPtr executable;

    private CudaGraph(CudaStream stream, IntPtr executable)
    {
        this.stream = stream;
        this.executable = executable;
    }

    /// <summary>Records what an action launches on a stream, without running it.</summary>
    /// <param name="stream">Not the default stream, which cannot be recorded.</param>
    /// <param name="launches">
    /// Launches only, of kernels that are loaded already: allocating, copying to the host and waiting are errors
    /// meanwhile.
    /// </param>
    /// <exception cref="DeviceException">The driver cannot record or instantiate it.</exception>
    public static CudaGraph Record(CudaStream stream, Action launches)
    {
        Check(BeginCapture(stream.StreamPtr, ThreadLocal), "begin to record");
        try
        {
            launches();
        }
        catch
        {
            if (EndCapture(stream.StreamPtr, out IntPtr half) == 0)
                _ = DestroyGraph(half);
            throw;
        }
        Check(EndCapture(stream.StreamPtr, out IntPtr graph), "record");
        int instantiated = Instantiate(out IntPtr executable, graph, 0);
        _ = DestroyGraph(graph);
        Check(instantiated, "instantiate");
        return new CudaGraph(stream, executable);
    }

    /// <inheritdoc/>
    public void Launch() => Check(LaunchGraph(executable, stream.StreamPtr), "launch");

    /// <inheritdoc/>
    public void Dispose()
    {
        // The driver need not survive a handle that is destroyed twice.
        if (executable != IntPtr.Zero)
            _ = DestroyExecutable(executable);
        executable = IntPtr.Zero;
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
            throw new DeviceException(
                $"The CUDA driver cannot {what} a graph of launches (error {result}); set {DeviceOptions.GraphsVariable}=0 to launch one by one.");
    }

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuStreamBeginCapture_v2")]
    private static partial int BeginCapture(IntPtr stream, int mode);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuStreamEndCapture")]
    private static partial int EndCapture(IntPtr stream, out IntPtr graph);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphInstantiateWithFlags")]
    private static partial int Instantiate(out IntPtr executable, IntPtr graph, ulong flags);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphLaunch")]
    private static partial int LaunchGraph(IntPtr executable, IntPtr stream);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphDestroy")]
    private static partial int DestroyGraph(IntPtr graph);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphExecDestroy")]
    private static partial int DestroyExecutable(IntPtr executable);
}
