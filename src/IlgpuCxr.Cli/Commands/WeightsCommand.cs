using System.CommandLine;
using System.Globalization;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr weights</c>: ImageNet weights, what is in a file of weights, and one format from another.</summary>
internal static class WeightsCommand
{
    private static readonly string[] Known = [.. WeightCatalog.All.Select(source => source.Network)];

    private static readonly Argument<string> Network =
        new Argument<string>("net") { Description = $"The network: {string.Join(" or ", Known)}." }.OneOf(Known);

    private static readonly Option<string> Url = new("--url") { Description = "Address of a mirror of the file." };

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Directory for the file; by default the cache, where '--weights imagenet' finds it.",
        DefaultValueFactory = _ => WeightCatalog.DefaultFolder,
    };

    private static readonly Argument<string> InputFile = new("file")
    {
        Description = "A .pth, .safetensors or .h5 file, or a checkpoint.",
    };

    private static readonly Argument<string> OutputFile = new("out")
    {
        Description = "The file to write: .pth or .safetensors.",
    };

    public static Command Create()
    {
        var fetch = new Command("fetch", "Download ImageNet weights.") { Network, Url, Out, CommonOptions.Quiet };
        fetch.SetStoppableAction(
            (parsed, cancellation) => Fetch(parsed, cancellation).GetAwaiter().GetResult(), _ => Interruption.GoesOn);
        var inspect = new Command("inspect", "Show the tensors of a file.") { InputFile, CommonOptions.Json };
        inspect.SetAction(Inspect);
        var convert = new Command("convert", "Write the weights of a file as PyTorch or safetensors, with torchvision's names.") { InputFile, OutputFile };
        convert.SetStoppableAction(Convert);
        return new Command("weights", "Fetch, inspect and convert weights.") { fetch, inspect, convert };
    }

    private static async Task<int> Fetch(ParseResult parsed, CancellationToken cancellation)
    {
        WeightSource source = WeightCatalog.Of(parsed.GetValue(Network)!);
        string hashPrefix = source.HashPrefix!;
        if (parsed.GetValue(Url) is { } mirror)
        {
            if (!Uri.TryCreate(mirror, UriKind.Absolute, out Uri? url) || url.Scheme is not ("https" or "http"))
                throw new UsageException(
                    $"--url '{mirror}' is no address; give one that begins with https:// and ends in the file's name.");
            source = source.At(url);
            hashPrefix = source.HashPrefix ?? hashPrefix;
        }
        bool quiet = parsed.GetValue(CommonOptions.Quiet);
        if (!quiet)
            Output.Line($"{source.Name}, about {source.Megabytes} MB, from {source.Url}");
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        (string path, bool wasThere) = await DownloadDisplay.Run(
            quiet,
            progress =>
                new WeightDownload(client).Fetch(source, hashPrefix, parsed.GetValue(Out)!, progress, cancellation));
        Output.Line(wasThere ? $"{path} is there already, with the right SHA-256" : path);
        return 0;
    }

    private static void Inspect(ParseResult parsed)
    {
        using WeightFile file = WeightFile.Open(WeightConversion.Locate(parsed.GetValue(InputFile)!));
        (WeightTensor Tensor, WeightStatistics? Statistics)[] rows =
            [.. file.Select(tensor => (tensor, WeightStatistics.Of(tensor)))];
        if (parsed.GetValue(CommonOptions.Json))
        {
            Output.Json(new
            {
                file.Path,
                file.Format,
                file.Metadata,
                Tensors = rows.Select(
                    row => new { row.Tensor.Name, Type = row.Tensor.DataType, row.Tensor.Shape, row.Statistics }),
            });
            return;
        }
        string elements = Output.Count(file.Sum(tensor => tensor.ElementCount));
        string bytes = Output.Count(file.Sum(tensor => tensor.ByteLength));
        Output.Table(
            $"{file.Path}: {file.Format}, {file.Count} tensors of {elements} elements in {bytes} bytes",
            ["Name", "Type", "Shape", "Min", "Max", "Mean", "Std", "Not finite"],
            rows.Select(row => (string[])
            [
                row.Tensor.Name, row.Tensor.DataType.ToString(), $"[{string.Join(", ", row.Tensor.Shape)}]",
                Number(row.Statistics?.Minimum), Number(row.Statistics?.Maximum), Number(row.Statistics?.Mean),
                Number(row.Statistics?.Deviation),
                row.Statistics is null or { NotFinite: 0 } ? "" : Output.Count(row.Statistics.NotFinite),
            ]));
        foreach ((string key, string value) in file.Metadata)
            Output.Line($"{key}: {value}");
    }

    private static int Convert(ParseResult parsed, CancellationToken cancellation)
    {
        string from = WeightConversion.Locate(parsed.GetValue(InputFile)!), to = parsed.GetValue(OutputFile)!;
        Output.Refuse(OutputFile.Name, to, from);
        int tensors = WeightConversion.Convert(from, to, cancellation);
        Output.Line($"{to}: {tensors} tensors of {from}");
        return 0;
    }

    private static string Number(double? number) => number?.ToString("G4", CultureInfo.InvariantCulture) ?? "";
}
