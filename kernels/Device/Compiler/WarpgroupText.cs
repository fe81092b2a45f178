using System.Text.RegularExpressions;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Makes of a kernel's PTX what ILGPU has no words for: a kernel for sm_90a.</summary>
/// <remarks>
/// ILGPU 1.5.3 names no target beyond sm_80, and no architecture with a letter. <see cref="Warpgroup"/>'s instructions
/// exist on sm_90a alone, and the layouts of <see cref="WarpgroupMatrix"/> go by the bits of addresses, so that shared
/// memory must start at a multiple of their 512 bytes; ILGPU asks for 16.
/// </remarks>
internal static partial class WarpgroupText
{
    /// <summary>Whether a text has instructions of a warpgroup.</summary>
    public static bool IsNeeded(string text) => text.Contains("wgmma.", StringComparison.Ordinal);

    /// <summary>The text for sm_90a.</summary>
    public static string Apply(string text) =>
        SharedAlignment().Replace(Target().Replace(text, ".target sm_90a"), ".shared .align 512");

    [GeneratedRegex(@"\.target sm_\d+")]
    private static partial Regex Target();

    [GeneratedRegex(@"\.shared \.align \d+")]
    private static partial Regex SharedAlignment();
}
