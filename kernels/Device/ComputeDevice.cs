using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>One accelerator with everything that belongs to it: stream, kernels, memory.</summary>
/// <remarks>Not safe for use from several threads at once: a device runs one step at a time.</remarks>
public sealed partial class ComputeDevice : IDisposable
{
    // Managed threads count from 1.
    private const int NoThread = 0;

    private readonly Context context;
    private readonly Accelerator accelerator;
    private readonly AcceleratorStream stream;
    private readonly IKernelLoader kernels;
    private readonly AlgorithmChoice forced;
    private readonly Dictionary<Type, Enum?> checkedAlgorithms = [];
    private readonly ParallelOptions? threads;
    private readonly UploadStaging? staging;
    private readonly bool graphs;
    private readonly MemoryUse memoryUse = new();
    private int runningThread = NoThread;

    internal ComputeDevice(
        Context context, Accelerator accelerator, DeviceKind kind, DeviceOptions options, IKernelLoader? loader = null)
    {
        this.context = context;
        this.accelerator = accelerator;
        Kind = kind;
        Threads = kind == DeviceKind.Cpu ? options.Threads : 0;
        kernels = loader ?? new KernelLoader(accelerator);
        forced = new AlgorithmChoice(options.Algorithms);
        Algorithms = string.IsNullOrWhiteSpace(options.Algorithms) ? null : options.Algorithms;
        Precision = options.Precision ?? (HasTensorCores ? Precision.Tf32 : Precision.Fp32);
        if (Precision != Precision.Fp32 && !HasTensorCores)
        {
            throw new DeviceException(
                $"The precision {Precision.ToString().ToLowerInvariant()} needs an NVIDIA GPU of compute capability 8.0 or newer, which {Name} is not; use fp32.");
        }
        stream = kind == DeviceKind.Cpu ? accelerator.DefaultStream : accelerator.CreateStream();
        staging = kind == DeviceKind.Cuda ? new UploadStaging(accelerator, stream, memoryUse) : null;
        graphs = options.Graphs && kind == DeviceKind.Cuda;
        if (kind == DeviceKind.Cpu && !options.LaunchThroughIlgpu)
            threads = new ParallelOptions { MaxDegreeOfParallelism = options.Threads };
        Arena = new Arena(this);
        Timings = new OperatorTimings(this);
    }

    /// <summary>The family of the device.</summary>
    public DeviceKind Kind { get; }

    /// <summary>The device's name, and for a CPU its threads and vector width.</summary>
    public string Name => Kind == DeviceKind.Cpu ? DeviceCatalog.CpuName(Threads) : accelerator.Name;

    /// <summary>Threads of the CPU device; 0 for a GPU.</summary>
    public int Threads { get; }

    /// <summary>How exactly convolutions and linear layers multiply.</summary>
    public Precision Precision { get; }

    /// <summary>The algorithms that are forced, as <see cref="DeviceOptions.Algorithms"/>; null for none.</summary>
    public string? Algorithms { get; }

    /// <summary>Whether kernels may use <see cref="TensorCore"/>.</summary>
    internal bool HasTensorCores => kernels.HasTensorCores;

    /// <inheritdoc cref="IKernelLoader.HasWarpgroups"/>
    internal bool HasWarpgroups => kernels.HasWarpgroups;

    /// <summary>Where a step's activations and gradients live.</summary>
    public Arena Arena { get; }

    /// <summary>
    /// The most bytes that all buffers took at a time, the arena's among them, since <see cref="ResetPeakBytes"/>.
    /// </summary>
    public long PeakBytes => memoryUse.PeakBytes;

    /// <summary>The cost of each operator, while switched on.</summary>
    public OperatorTimings Timings { get; }

    /// <summary>Whether launches are switched off because memory is being planned.</summary>
    public bool IsPlanning { get; private set; }

    /// <summary>Begins to measure <see cref="PeakBytes"/> anew, from what is taken now.</summary>
    public void ResetPeakBytes() => memoryUse.ResetPeak();

    /// <summary>Runs a step without launching anything, to make the arena as large as that step needs.</summary>
    /// <param name="step">
    /// Exactly what will run; it must rent and return in the same order every time. What it throws is passed on.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// Tensors are rented already, or stay so after the step, or another thread runs one.
    /// </exception>
    public void Plan(Action step)
    {
        ArgumentNullException.ThrowIfNull(step);
        Arena.RequireEmpty(
            "A step cannot be planned while tensors are rented; release them first, or plan it before they are rented.");
        Run(() =>
        {
            IsPlanning = true;
            try
            {
                step();
                Arena.RequireEmpty(
                    "The step leaves tensors rented; release each result, and let each Forward in training be followed by its Backward.");
            }
            finally
            {
                IsPlanning = false;
            }
        });
        Synchronize();
        Arena.Grow();
    }

    /// <summary>
    /// Runs a step that was planned; one that throws leaves no tensor rented, so that the next can run. Releasing or
    /// retaining such a tensor afterwards does nothing.
    /// </summary>
    /// <param name="step">What to run. What it throws is passed on.</param>
    /// <exception cref="InvalidOperationException">Another thread runs a step.</exception>
    public void Run(Action step)
    {
        ArgumentNullException.ThrowIfNull(step);
        int thread = Environment.CurrentManagedThreadId;
        int before = Interlocked.CompareExchange(ref runningThread, thread, NoThread);
        if (before != NoThread && before != thread)
            throw new InvalidOperationException(
                $"Another thread runs a step on {Name}; give each thread a device of its own, or let one wait for the other.");
        try
        {
            step();
        }
        catch
        {
            Arena.Abandon();
            throw;
        }
        finally
        {
            runningThread = before;
        }
    }

    /// <summary>Allocates memory that is not of the arena; zero at first.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="count">Number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="ObjectDisposedException">The device is given back.</exception>
    /// <exception cref="OverflowException">So many elements have more bytes than a number has room for.</exception>
    /// <exception cref="OutOfMemoryException">The device has not so much left.</exception>
    public DeviceBuffer<T> Allocate<T>(long count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(accelerator.IsDisposed, this);
        return new(accelerator, count, memoryUse);
    }

    /// <summary>
    /// Records what an action launches, without running it, to launch it again and again at the cost of one launch.
    /// </summary>
    /// <param name="launches">
    /// Launches only, which ran before; all their arguments are recorded, so that what differs from time to time must
    /// be in device memory.
    /// </param>
    /// <returns>Null where the device cannot, or is told not to: then the action has not run.</returns>
    /// <exception cref="DeviceException">The driver fails to record it.</exception>
    public ILaunchGraph? Record(Action launches) => graphs ? kernels.Record(stream, launches) : null;

    /// <summary>Waits until everything launched has run.</summary>
    public void Synchronize()
    {
        if (!IsPlanning && Kind != DeviceKind.Cpu)
            stream.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Arena.Free();
        staging?.Dispose();
        if (Kind != DeviceKind.Cpu)
            Release(stream);
        Release(accelerator);
        context.Dispose();
    }

    /// <summary>
    /// Gives an object of the driver back. After a fault every call of the driver fails, and what is thrown then would
    /// hide what happened first.
    /// </summary>
    internal static void Release(IDisposable? driverObject)
    {
        try
        {
            driverObject?.Dispose();
        }
        catch (AcceleratorException)
        {
            // The process keeps what the driver does not take; it ends with it.
        }
    }

    /// <summary>The algorithm that the user forces for an operator, or none.</summary>
    /// <exception cref="DeviceException">
    /// The device cannot run it, as its <see cref="RunsOnAttribute"/> says.
    /// </exception>
    internal TAlgorithm? Forced<TAlgorithm>()
        where TAlgorithm : struct, Enum
    {
        // Operators ask at each launch.
        if (checkedAlgorithms.TryGetValue(typeof(TAlgorithm), out Enum? known))
            return (TAlgorithm?)known;
        TAlgorithm? algorithm = forced.For<TAlgorithm>();
        if (algorithm is { } one && !Runs(one))
        {
            throw new DeviceException(
                $"The {AlgorithmChoice.WordsFor<TAlgorithm>()} algorithm '{one.ToString().ToLowerInvariant()}' does not run on {Name}; choose one of {string.Join(", ", Enum.GetValues<TAlgorithm>().Where(Runs)).ToLowerInvariant()}, or another device.");
        }
        checkedAlgorithms.Add(typeof(TAlgorithm), algorithm);
        return algorithm;
    }

    private bool Runs<TAlgorithm>(TAlgorithm algorithm)
        where TAlgorithm : struct, Enum =>
        typeof(TAlgorithm).GetField(algorithm.ToString())!.GetCustomAttribute<RunsOnAttribute>()?.Need switch
        {
            null => true,
            DeviceNeed.Cpu => Kind == DeviceKind.Cpu,
            DeviceNeed.Gpu => Kind != DeviceKind.Cpu,
            DeviceNeed.TensorCores => HasTensorCores,
            _ => HasWarpgroups,
        };
}
