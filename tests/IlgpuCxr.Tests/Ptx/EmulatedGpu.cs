using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Device;

namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// A CUDA device without a GPU: kernels are compiled to PTX as for sm_80, and the PTX is interpreted.
/// </summary>
/// <remarks>
/// What runs is all that a GPU would run but for NVIDIA's assembler and the hardware. Nothing here says anything about
/// speed.
/// </remarks>
internal sealed class EmulatedGpu : IKernelLoader
{
    // Two warps, so that the last group of most launches is not full.
    private const int ThreadsOfOnePerIndex = 64;

    // CUDA's, of every compute capability; x has 2³¹ - 1.
    private const int MaxGridY = 65535;

    private static readonly ConcurrentDictionary<(MethodInfo Kernel, int? Threads), PtxProgram> programs = new();

    private EmulatedGpu()
    {
    }

    /// <summary>Launches that are being recorded; null where they run at once.</summary>
    private List<Action>? recording;

    public bool HasTensorCores => true;

    public bool HasWarpgroups => true;

    public ILaunchGraph? Record(AcceleratorStream stream, Action launches)
    {
        var graph = new RecordedLaunches(() => Replays++);
        recording = graph.Launches;
        try
        {
            launches();
        }
        finally
        {
            recording = null;
        }
        return graph;
    }

    /// <summary>The classes, of generic ones the definitions, whose kernels of groups were launched.</summary>
    public HashSet<Type> Launched { get; } = [];

    /// <summary>How often recorded launches were started again.</summary>
    public int Replays { get; private set; }

    /// <summary>Opens one.</summary>
    public static ComputeDevice Open(DeviceOptions options) => Open(options, out _);

    /// <summary>Opens one, whose recordings can be watched.</summary>
    public static ComputeDevice Open(DeviceOptions options, out EmulatedGpu gpu)
    {
        gpu = new EmulatedGpu();
        Context context = DeviceCatalog.CreateContext();
        Accelerator memory = context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);
        return new ComputeDevice(context, memory, DeviceKind.Cuda, options, gpu);
    }

    public TLauncher OnePerIndex<TLauncher>(MethodInfo kernel)
        where TLauncher : Delegate =>
        Launcher<TLauncher>((extent, arguments) => RunOrRecord(() => Run(
            Program(kernel, default),
            [(Index1D)extent, .. arguments],
            ThreadsOfOnePerIndex,
            (((Index1D)extent + ThreadsOfOnePerIndex - 1) / ThreadsOfOnePerIndex, 1))));

    public TLauncher Grouped<TLauncher>(MethodInfo kernel, KernelSpecialization specialization)
        where TLauncher : Delegate =>
        Launcher<TLauncher>((configuration, arguments) =>
        {
            var config = (KernelConfig)configuration;
            Assert.That(config.GridDim.Y, Is.LessThanOrEqualTo(MaxGridY), $"{kernel} has more groups in y than CUDA.");
            Type type = kernel.DeclaringType!;
            Launched.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
            RunOrRecord(
                () =>
                    Run(
                        Program(kernel, specialization), arguments, config.GroupDim.X,
                        (config.GridDim.X, config.GridDim.Y)));
        });

    private void RunOrRecord(Action launch)
    {
        if (recording is null)
            launch();
        else
            recording.Add(launch);
    }

    private static PtxProgram Program(MethodInfo kernel, KernelSpecialization specialization) =>
        programs.GetOrAdd(
            (kernel, specialization.MaxNumThreadsPerGroup), _ => new PtxProgram(PtxText.Of(kernel, specialization, 8)));

    private static void Run(PtxProgram program, object[] arguments, int threads, (int X, int Y) grid)
    {
        var global = new PtxMemory();
        var parameters = new byte[program.ParameterBytes];
        for (int i = 0; i < arguments.Length; i++)
        {
            var writer = new ArgumentWriter(parameters, program.Parameters[i].Offset, global);
            writer.Write(arguments[i]);
            Assert.That(
                writer.End, Is.EqualTo(program.Parameters[i].Offset + program.Parameters[i].Size),
                "ILGPU lays a kernel's argument out in another way.");
        }
        global.Run(() =>
        {
            for (int y = 0; y < grid.Y; y++)
                for (int x = 0; x < grid.X; x++)
                    new PtxGroup(program, global, parameters, threads, grid, (x, y)).Run();
        });
    }

    /// <summary>
    /// A delegate <c>(stream, extent or configuration, kernel's parameters…)</c> of the type that a launch wants.
    /// </summary>
    private static TLauncher Launcher<TLauncher>(Action<object, object[]> run)
        where TLauncher : Delegate
    {
        ParameterExpression[] parameters =
            [
                .. typeof(TLauncher)
                    .GetMethod("Invoke")!.GetParameters()
                    .Select(parameter => Expression.Parameter(parameter.ParameterType))];
        Expression[] boxed = [.. parameters.Skip(1).Select(parameter => Expression.Convert(parameter, typeof(object)))];
        Expression body = Expression.Invoke(
            Expression.Constant(run), boxed[0], Expression.NewArrayInit(typeof(object), boxed[1..]));
        return Expression.Lambda<TLauncher>(body, parameters).Compile();
    }

    /// <summary>Launches with their arguments, as a CUDA graph keeps them.</summary>
    private sealed class RecordedLaunches(Action count) : ILaunchGraph
    {
        public List<Action> Launches { get; } = [];

        public void Launch()
        {
            count();
            Launches.ForEach(launch => launch());
        }

        public void Dispose()
        {
        }
    }

    /// <summary>
    /// Lays a kernel's argument out as ILGPU does: fields in order, each aligned to its size, a view as pointer and
    /// length.
    /// </summary>
    private sealed class ArgumentWriter(byte[] parameters, int start, PtxMemory global)
    {
        private int at = start;

        public int End => at;

        public void Write(object value)
        {
            Type type = value.GetType();
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>))
                WriteView((IArrayView)value);
            else if (type.IsPrimitive)
                WritePrimitive(value);
            else
                WriteFields(value, type);
        }

        private void WriteView(IArrayView view)
        {
            ulong start = view.Length == 0 ? 0 : (ulong)(nint)typeof(ArgumentWriter)
                .GetMethod(nameof(Start), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(view.GetType().GenericTypeArguments).Invoke(null, [view])!;
            global.Allow(start, (ulong)view.LengthInBytes);
            WritePrimitive((long)start);
            WritePrimitive(view.Length);
        }

        private static unsafe nint Start<T>(ArrayView<T> view)
            where T : unmanaged =>
            (nint)view.Pointer();

        private void WriteFields(object value, Type type)
        {
            Align(Alignment(type));
            foreach (FieldInfo field in Fields(type))
                Write(field.GetValue(value)!);
            Align(Alignment(type));
        }

        private void WritePrimitive(object value)
        {
            byte[] bytes = value switch
            {
                int number => BitConverter.GetBytes(number),
                uint number => BitConverter.GetBytes(number),
                long number => BitConverter.GetBytes(number),
                ulong number => BitConverter.GetBytes(number),
                float number => BitConverter.GetBytes(number),
                byte number => [number],
                _ => throw new NotSupportedException($"The emulated GPU takes no {value.GetType().Name}."),
            };
            Align(bytes.Length);
            bytes.CopyTo(parameters, at);
            at += bytes.Length;
        }

        private void Align(int alignment) => at = (at + alignment - 1) / alignment * alignment;

        private static int Alignment(Type type) =>
            type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>) ? sizeof(long)
            : type.IsPrimitive ? Marshal.SizeOf(type)
            : Fields(type).Max(field => Alignment(field.FieldType));

        private static IEnumerable<FieldInfo> Fields(Type type) =>
            type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(field =>
                    field.MetadataToken);
    }
}
