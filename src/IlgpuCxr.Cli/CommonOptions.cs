using System.CommandLine;
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
        new Option<string>("--precision") { Description = "How convolutions and linear layers multiply; by default tf32 on CUDA, else fp32. bf16 also keeps tensors between convolutions in 16 bits." }
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

    public static readonly Option<string> Freeze = new("--freeze")
    {
        Description = "What does not train: none, backbone, or names such as conv1,bn1,layer1 or features[:17].",
        DefaultValueFactory = _ => Defaults.Freeze,
    };

    public static readonly Option<string> CheckpointPath = new("--checkpoint")
    {
        Description = "A checkpoint that 'cxr train' wrote, such as runs/first/best.",
        Required = true,
    };

    public static readonly Option<int> CheckpointBatch = OptionKinds.Number<int>(
        "--batch", "Images in a step; by default as in training.");

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

    /// <summary>A checkpoint's options, with another number of images in a step where one is given.</summary>
    public static TrainingOptions OptionsOf(ParseResult parsed, CheckpointInfo info)
    {
        TrainingOptions options = info.Options with
        {
            Batch = parsed.IsGiven(CheckpointBatch) ? parsed.GetValue(CheckpointBatch) : info.Options.Batch,
        };
        options.Validate();
        return options;
    }

    /// <summary>Whether an option stands in the command line; otherwise its value is the default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) =>
        parsed.GetResult(option) is { Implicit: false };

    /// <summary>How many threads the command line asks for.</summary>
    public static int ThreadsOf(ParseResult parsed)
    {
        int threads = parsed.GetValue(Threads);
        return threads >= 1
            ? threads
            : throw new UsageException($"--threads {threads} is no number of threads: use at least 1.");
    }
}
