using System.CommandLine;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli;

/// <summary>The options that several commands share, and what they open.</summary>
internal static class CommonOptions
{
    private static readonly TrainingOptions Defaults = new();

    public static readonly Option<string> Device = new("--device")
    {
        Description = "auto, cpu, cuda, cuda:N, opencl or opencl:N; auto takes CUDA where there is one.",
        DefaultValueFactory = _ => "auto",
    };

    public static readonly Option<int> Threads = OptionKinds.Number<int>(
        "--threads", "Threads that compute on the CPU device, read images and draw phantoms.",
        Environment.ProcessorCount);

    public static readonly Option<string> Algorithms = new("--algorithms")
    {
        Description = "Force algorithms: naive, or a list such as convolution=vector256 (environment: "
        + DeviceOptions.AlgorithmsVariable + ").",
        DefaultValueFactory = _ => new DeviceOptions().Algorithms,
    };

    public static readonly Option<string> Precision =
        new Option<string>("--precision") { Description = "How convolutions and linear layers multiply; by default tf32 on CUDA, else fp32." }
            .OneOf([.. Enum.GetNames<Kernels.Device.Precision>().Select(name => name.ToLowerInvariant())]);

    public static readonly Option<bool> Json = new("--json") { Description = "Print the result as JSON." };

    public static readonly Option<bool> Quiet = new("--quiet") { Description = "Print the result only." };

    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Print the whole exception when something fails.",
        Recursive = true,
    };

    public static readonly Option<string> Network =
        new Option<string>("--net")
        {
            Description = "The network.",
            DefaultValueFactory = _ => Defaults.Network,
        }.OneOf(Networks);

    public static readonly Option<int> Size = OptionKinds.Number<int>(
        "--size", "Edge of the square images, in pixels.", Defaults.Size);

    public static readonly Option<int> Batch = OptionKinds.Number<int>("--batch", "Images in a step.", Defaults.Batch);

    /// <summary>The names of the networks.</summary>
    public static string[] Networks => [.. Architecture.All.Select(architecture => architecture.Name)];

    /// <summary>The device that the command line asks for.</summary>
    public static ComputeDevice OpenDevice(ParseResult parsed) =>
        DeviceCatalog.Open(parsed.GetValue(Device)!, new DeviceOptions
        {
            Threads = ThreadsOf(parsed),
            Algorithms = parsed.GetValue(Algorithms)!,
            Precision = parsed.GetValue(Precision) is { } name
            ? Enum.Parse<Kernels.Device.Precision>(name, ignoreCase: true)
            : null,
        });

    /// <summary>Checks on the device that the command line asks for.</summary>
    public static GradientChecker OpenGradientChecker(ParseResult parsed) =>
        new(parsed.GetValue(Device)!, ThreadsOf(parsed));

    /// <summary>How many threads the command line asks for.</summary>
    public static int ThreadsOf(ParseResult parsed)
    {
        int threads = parsed.GetValue(Threads);
        return threads >= 1
            ? threads
            : throw new UsageException($"--threads {threads} is no number of threads: use at least 1.");
    }
}
