using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Tests.Device;

/// <summary>NVIDIA's assembler, where it is installed.</summary>
internal static partial class PtxAssembler
{
    private const string Variable = "ILGPUCXR_PTXAS";

    private static readonly string program = Find();

    /// <summary>Skips the test, and says why, where there is no assembler.</summary>
    public static void RequirePresent()
    {
        if (program.Length == 0)
            Assert.Ignore(
                $"There is no ptxas on the PATH; install the CUDA toolkit or let {Variable} name the program.");
    }

    /// <summary>A kernel's registers and machine code; it must use neither stack nor spills.</summary>
    /// <param name="ptx">The kernel.</param>
    /// <param name="architecture">8 for sm_80, 9 for sm_90; a kernel for sm_90a is assembled for that.</param>
    public static (int Registers, string MachineCode) Assemble(string ptx, int architecture)
    {
        string folder = Directory.CreateTempSubdirectory("ilgpucxr-ptx-").FullName;
        try
        {
            string source = Path.Combine(folder, "kernel.ptx"), binary = Path.Combine(folder, "kernel.cubin");
            File.WriteAllText(source, ptx);
            string target = ptx.Contains(".target sm_90a", StringComparison.Ordinal) ? "sm_90a" : $"sm_{architecture}0";
            string report = Run(program, "-v", $"-arch={target}", source, "-o", binary);
            // Among them those of products that wait for one another.
            Assert.That(report, Does.Not.Contain("warning").IgnoreCase.And.Not.Contain("Potential Performance Loss"));
            Assert.That(report, Does.Contain(" 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
            return (
                int.Parse(Registers().Match(report).Groups[1].Value, CultureInfo.InvariantCulture),
                Run(Path.Combine(Path.GetDirectoryName(program)!, "cuobjdump"), "-sass", binary));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>How often an instruction occurs in machine code.</summary>
    public static int Count(string machineCode, string instruction) => Regex.Count(machineCode, $@"\b{instruction}\b");

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return File.Exists(given) ? given : "";
        string name = OperatingSystem.IsWindows() ? "ptxas.exe" : "ptxas";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists)
            ?? "";
    }

    private static string Run(string file, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output);
        return output;
    }

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();
}
