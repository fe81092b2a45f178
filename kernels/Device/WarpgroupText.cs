using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU.Backends.PTX;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Makes of a kernel's PTX what ILGPU has no words for: a kernel for sm_90a.</summary>
/// <remarks>
/// ILGPU 1.5.3 names no target beyond sm_80, and no architecture with a letter. <see cref="Warpgroup"/>'s instructions
/// exist on sm_90a alone, and the layouts of <see cref="WarpgroupMatrix"/> go by the bits of addresses, so that shared
/// memory must start at a multiple of their 512 bytes; ILGPU asks for 16.
/// </remarks>
internal static partial class WarpgroupText
{
    private static readonly FieldInfo Assembly = typeof(PTXCompiledKernel).GetField(
        $"<{nameof(PTXCompiledKernel.PTXAssembly)}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>Whether a text has instructions of a warpgroup.</summary>
    public static bool IsNeeded(string text) => text.Contains("wgmma.", StringComparison.Ordinal);

    /// <summary>Changes a kernel that is not loaded yet.</summary>
    public static void Apply(PTXCompiledKernel kernel) =>
        Assembly.SetValue(
            kernel,
            SharedAlignment().Replace(Target().Replace(kernel.PTXAssembly, ".target sm_90a"), ".shared .align 512"));

    [GeneratedRegex(@"\.target sm_\d+")]
    private static partial Regex Target();

    [GeneratedRegex(@"\.shared \.align \d+")]
    private static partial Regex SharedAlignment();
}
