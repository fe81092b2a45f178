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
        (int registers, string instructions) = Assemble(kernel, KernelCompilationTests.Compile(kernel, architecture), architecture);
        if (limits.TryGetValue(kernel.Name, out (int Registers, int MultiplyAdds) limit))
        {
            Assert.That(registers, Is.LessThanOrEqualTo(limit.Registers));
            Assert.That(Count(instructions, "FFMA"), Is.EqualTo(limit.MultiplyAdds));
        }
    }

    /// <summary>
    /// A warp computes a quarter of its tile: E/2 rows of 16 by E/2 columns of 8, a tile of depth 16 at a time. What is counted is in the
    /// one loop, but for two more copies of the operands before it.
    /// </summary>
    [Test]
    public void TensorCoreKernelAssemblesWithoutSpilling(
        [ValueSource(typeof(GpuKernels), nameof(GpuKernels.TensorCore))] GpuKernel kernel, [Values(8, 9)] int architecture)
    {
        (int registers, string instructions) = Assemble(kernel, KernelCompilationTests.Compile(kernel, 8), architecture);
        Match tile = Tile().Match(kernel.Name);
        int rows = int.Parse(tile.Groups[1].Value, CultureInfo.InvariantCulture), columns = int.Parse(tile.Groups[2].Value, CultureInfo.InvariantCulture);
        bool isBf16 = kernel.Name.EndsWith("bf16", StringComparison.Ordinal), quads = kernel.Name.Contains("quads");
        int alongDepth = kernel.Name.StartsWith("Forward", StringComparison.Ordinal) ? rows + columns
            : kernel.Name.StartsWith("BackwardData", StringComparison.Ordinal) ? rows : 0;
        Assert.Multiple(() =>
        {
            Assert.That(registers, Is.LessThanOrEqualTo(65536 / 128 / kernel.Specialization.MinNumGroupsPerMultiprocessor!.Value));
            Assert.That(Count(instructions, "HMMA"), Is.EqualTo(rows / 32 * (columns / 16) * (isBf16 ? 1 : 2)), "multiplications of 16x8");
            Assert.That(Count(instructions, "LDSM"), Is.EqualTo(alongDepth / 32 * 2), "blocks of 16x8 loaded as matrices");
            Assert.That(Count(instructions, "LDGSTS"), Is.EqualTo(3 * (rows + columns) / 32 * (quads ? 1 : 4)), "copies past the registers");
            Assert.That(Count(instructions, "F2FP"), Is.EqualTo(isBf16 ? (rows + columns) / 32 * 4 : 0), "pairs rounded to bf16");
            Assert.That(Count(instructions, "BAR"), Is.EqualTo(1));
        });
    }

    [Test]
    public void EveryTiledKernelHasLimits() =>
        Assert.That(limits.Keys, Is.EquivalentTo(GpuKernels.Tiled().Select(kernel => kernel.Name)));

    /// <summary>A kernel's registers and instructions; it must use neither stack nor spills.</summary>
    private (int Registers, string Instructions) Assemble(GpuKernel kernel, string ptx, int architecture)
    {
        string folder = Directory.CreateTempSubdirectory("ilgpucxr-ptx-").FullName;
        try
        {
            string source = Path.Combine(folder, "kernel.ptx"), binary = Path.Combine(folder, "kernel.cubin");
            File.WriteAllText(source, ptx);
            string report = Run(ptxas, "-v", $"-arch=sm_{architecture}0", source, "-o", binary);
            Assert.That(report, Does.Contain(" 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
            int registers = int.Parse(Registers().Match(report).Groups[1].Value, CultureInfo.InvariantCulture);
            string instructions = Run(Path.Combine(Path.GetDirectoryName(ptxas)!, "cuobjdump"), "-sass", binary);
            TestContext.Out.WriteLine($"{kernel} sm_{architecture}0: {registers} registers, {Count(instructions, "FFMA")} FFMA, {Count(instructions, "HMMA")} HMMA");
            return (registers, instructions);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Count(string instructions, string name) => Regex.Count(instructions, $@"\b{name}\b");

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

    [GeneratedRegex(@"(\d+)x(\d+)")]
    private static partial Regex Tile();
}
