using System.Diagnostics;

namespace IlgpuCxr.Tests.Cli;

/// <summary>What the program said and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Starts the built program as a user does, with a cache of its own.</summary>
internal sealed class CommandLine : IDisposable
{
    private static readonly string Program = Path.Combine(TestContext.CurrentContext.TestDirectory, "cxr.dll");

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ilgpucxr-cli-");

    /// <summary>A path below the folder that is gone afterwards.</summary>
    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    public CommandResult Run(params IEnumerable<string> arguments)
    {
        using Process process = Start(arguments);
        return Finish(process);
    }

    public Process Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.FullName,
        };
        start.Environment["ILGPUCXR_HOME"] = PathOf("home");
        start.Environment.Remove("ILGPUCXR_ALGORITHMS");
        return Process.Start(start)!;
    }

    public static CommandResult Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"The program did not end within {Limit}.");
        }
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
