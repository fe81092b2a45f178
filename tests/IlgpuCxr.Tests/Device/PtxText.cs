using System.Collections.Concurrent;
using System.Reflection;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

/// <summary>The PTX of kernels, each compiled once: that takes up to a second, and many tests look at the same text.</summary>
internal static class PtxText
{
    private static readonly ConcurrentDictionary<(MethodInfo Kernel, int? Threads, int? Groups, int Architecture), Lazy<string>> texts = new();

    /// <summary>The text for an architecture: 8 for sm_80, 9 for sm_90.</summary>
    public static string Of(MethodInfo kernel, KernelSpecialization specialization, int architecture) =>
        texts.GetOrAdd(
            (kernel, specialization.MaxNumThreadsPerGroup, specialization.MinNumGroupsPerMultiprocessor, architecture),
            _ => new Lazy<string>(() =>
            {
                using var compiler = new PtxCompiler(architecture, 0);
                return compiler.Compile(kernel, specialization);
            })).Value;
}
