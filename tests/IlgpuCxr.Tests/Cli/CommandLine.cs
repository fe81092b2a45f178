using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Tests.Cli;

/// <summary>What the program said and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Whether the machine's drive has room for decoded images; what is said where it has none is left out.</summary>
    public bool HasCache { get; init; } = true;

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Asserts that wrong input ended in one sentence that a user can act upon.</summary>
    /// <param name="exitCode">How the program should have ended.</param>
    /// <param name="expected">What the sentence must contain; alternatives are separated by |.</param>
    public void AssertRefused(int exitCode, string expected)
    {
        Assert.That(ErrorLines, Has.Length.EqualTo(1), Error);
        Assert.That(Error, Does.Match(string.Join('|', expected.Split('|').Select(Regex.Escape))));
        Assert.That(Error, Does.Not.Contain("defect").And.Not.Contain("   at "));
        Assert.That(ExitCode, Is.EqualTo(exitCode), Error);
    }
}

/// <summary>Starts the built program as a user does, with a cache of its own.</summary>
internal sealed partial class CommandLine : IDisposable
{
    private static readonly string Program = Path.Combine(TestContext.CurrentContext.TestDirectory, "cxr.dll");

    // A row of the study takes half a minute on two free cores, several where they are slow and shared.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ilgpucxr-cli-");

    /// <summary>The locale's character set, which Linux tells programs.</summary>
    public string? Locale { get; init; }

    /// <summary>A path below the folder that is gone afterwards.</summary>
    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    public CommandResult Run(params IEnumerable<string> arguments)
    {
        using Process process = Start(arguments);
        return Finish(process);
    }

    public Process Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder.FullName,
        };
        start.Environment["ILGPUCXR_HOME"] = PathOf("home");
        start.Environment.Remove("ILGPUCXR_ALGORITHMS");
        if (Locale is not null)
            start.Environment["LC_ALL"] = Locale;
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
        return new CommandResult(process.ExitCode, output.Result, FullDrive().Replace(error.Result, ""))
        {
            HasCache = !FullDrive().IsMatch(error.Result),
        };
    }

    [GeneratedRegex("^No more decoded images are kept in .*\n?", RegexOptions.Multiline)]
    private static partial Regex FullDrive();

    public void Dispose() => folder.Delete(recursive: true);
}
