using System.Collections.Concurrent;
using System.Reflection;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

/// <summary>
/// The PTX of kernels, each compiled once: that takes up to a second, and many tests look at the same text.
/// </summary>
internal static class PtxText
{
    private static readonly ConcurrentDictionary<(MethodInfo Kernel, int? Threads, int? Groups, int Architecture), Lazy<string>> texts = new();

    // A compiler that has read ILGPU's library and a kernel's neighbours compiles the next five times as fast. Each is
    // one test's at a time.
    private static readonly ConcurrentDictionary<int, ConcurrentBag<PtxCompiler>> compilers = new();

    /// <summary>The text for an architecture: 8 for sm_80, 9 for sm_90.</summary>
    public static string Of(MethodInfo kernel, KernelSpecialization specialization, int architecture) =>
        texts.GetOrAdd(
            (kernel, specialization.MaxNumThreadsPerGroup, specialization.MinNumGroupsPerMultiprocessor, architecture),
            _ => new Lazy<string>(() => Compile(kernel, specialization, architecture))).Value;

    private static string Compile(MethodInfo kernel, KernelSpecialization specialization, int architecture)
    {
        ConcurrentBag<PtxCompiler> idle = compilers.GetOrAdd(architecture, _ => []);
        if (!idle.TryTake(out PtxCompiler? compiler))
            compiler = new PtxCompiler(architecture, 0);
        try
        {
            string text = compiler.Compile(kernel, specialization);
            idle.Add(compiler);
            return text;
        }
        catch
        {
            // It compiles nothing any more.
            compiler.Dispose();
            throw;
        }
    }
}
