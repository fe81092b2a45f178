using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Tests.Device;

/// <summary>What NVIDIA's assembler makes of the kernels; skipped where it is not installed.</summary>
public sealed partial class KernelAssemblyTests
{
    private const string PtxasVariable = "ILGPUCXR_PTXAS";

    private string ptxas = "";

    [OneTimeSetUp]
    public void FindAssembler()
    {
        string[] candidates = Environment.GetEnvironmentVariable(PtxasVariable) is { Length: > 0 } given
            ? [given]
            : [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "ptxas.exe" : "ptxas"))];
        ptxas = candidates.FirstOrDefault(File.Exists) ?? "";
        if (ptxas.Length == 0)
            Assert.Ignore($"There is no ptxas on the PATH; install the CUDA toolkit or let {PtxasVariable} name the program.");
    }

    [Test]
    public void AssemblesWithoutSpilling(
        [ValueSource(typeof(GpuKernels), nameof(GpuKernels.All))] GpuKernel kernel, [Values(8, 9)] int architecture)
    {
        string folder = Directory.CreateTempSubdirectory("ilgpucxr-ptx-").FullName;
        try
        {
            string source = Path.Combine(folder, "kernel.ptx"), binary = Path.Combine(folder, "kernel.cubin");
            File.WriteAllText(source, KernelCompilationTests.Compile(kernel, architecture));
            string report = Run(ptxas, "-v", $"-arch=sm_{architecture}0", source, "-o", binary);
            Assert.That(report, Does.Contain(" 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
            int registers = int.Parse(Registers().Match(report).Groups[1].Value, CultureInfo.InvariantCulture);
            string machineCode = Run(Path.Combine(Path.GetDirectoryName(ptxas)!, "cuobjdump"), "-sass", binary);
            (int multiplyAdds, int tensorOperations, int sharedQuads) =
                (MultiplyAdd().Count(machineCode), TensorOperation().Count(machineCode), SharedQuad().Count(machineCode));
            TestContext.Out.WriteLine(
                $"{kernel} sm_{architecture}0: {registers} registers, {multiplyAdds} FFMA, {tensorOperations} HMMA, {sharedQuads} LDS.128");
            if (!GpuKernelTable.Rows.TryGetValue(kernel.Name, out GpuKernelRow? row))
                return;
            using (Assert.EnterMultipleScope())
            {
                Assert.That(registers, Is.LessThanOrEqualTo(row.Registers), "registers");
                Assert.That(multiplyAdds, Is.EqualTo(row.MultiplyAdds), "FFMA");
                Assert.That(tensorOperations, Is.EqualTo(row.TensorOperations), "HMMA");
                Assert.That(sharedQuads, Is.EqualTo(row.SharedQuads), "LDS.128");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output);
        return output;
    }

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"\bFFMA\b")]
    private static partial Regex MultiplyAdd();

    [GeneratedRegex(@"\bHMMA\b")]
    private static partial Regex TensorOperation();

    [GeneratedRegex(@"\bLDS(\.\w+)*\.128\b")]
    private static partial Regex SharedQuad();
}
