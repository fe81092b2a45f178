using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Tests.Device;

/// <summary>What NVIDIA's assembler makes of the kernels; skipped where it is not installed.</summary>
public sealed partial class KernelAssemblyTests
{
    private const string PtxasVariable = "ILGPUCXR_PTXAS";

    /// <summary>
    /// The most registers a thread may take (65536 of a multiprocessor, by the threads that shall be on it at once) and the multiply-adds
    /// that the kernel's one loop must have: eight steps of 8x8, so the loop is unrolled and nothing is computed twice.
    /// </summary>
    private static readonly Dictionary<string, (int Registers, int MultiplyAdds)> limits = new()
    {
        ["Forward 128x128 quads"] = (128, 512),
        ["Forward 128x128 singles"] = (255, 512),
        ["Forward 64x64 quads"] = (168, 512),
        ["Forward 64x64 singles"] = (168, 512),
        ["BackwardData 128x128 quads"] = (128, 512),
        ["BackwardData 128x128 singles"] = (255, 512),
        ["BackwardData 64x64 quads"] = (168, 512),
        ["BackwardData 64x64 singles"] = (168, 512),
        ["BackwardWeights 128x128 quads"] = (128, 512),
        ["BackwardWeights 128x128 singles"] = (255, 512),
        ["BackwardWeights 64x64 quads"] = (168, 512),
        ["BackwardWeights 64x64 singles"] = (168, 512),
    };

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
            int multiplyAdds = MultiplyAdd().Count(Run(Path.Combine(Path.GetDirectoryName(ptxas)!, "cuobjdump"), "-sass", binary));
            TestContext.Out.WriteLine($"{kernel} sm_{architecture}0: {registers} registers, {multiplyAdds} FFMA");
            if (limits.TryGetValue(kernel.Name, out (int Registers, int MultiplyAdds) limit))
            {
                Assert.That(registers, Is.LessThanOrEqualTo(limit.Registers));
                Assert.That(multiplyAdds, Is.EqualTo(limit.MultiplyAdds));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void EveryTiledKernelHasLimits() =>
        Assert.That(limits.Keys, Is.EquivalentTo(GpuKernels.Tiled().Select(kernel => kernel.Name)));

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
}
