using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU.Backends.PTX;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Changes a kernel's PTX between ILGPU's compiler and the driver's.</summary>
internal static partial class KernelText
{
    private static readonly FieldInfo Assembly = typeof(PTXCompiledKernel).GetField(
        $"<{nameof(PTXCompiledKernel.PTXAssembly)}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>Makes the text what the driver is to get.</summary>
    /// <param name="kernel">Compiled and not loaded yet.</param>
    public static void Finish(PTXCompiledKernel kernel)
    {
        string text = Renumber(RequireVersion8(kernel.PTXAssembly));
        Assembly.SetValue(kernel, WarpgroupText.IsNeeded(text) ? WarpgroupText.Apply(text) : text);
    }

    /// <summary>Asks for PTX 8.0 where a text asks for more.</summary>
    /// <remarks>
    /// ILGPU asks for the newest that the driver knows, and uses nothing that is newer. With the version that the tests
    /// assemble, the driver gets the very text that they have seen.
    /// </remarks>
    internal static string RequireVersion8(string text) => Version().Replace(
        text, version => int.Parse(version.Groups[1].Value, CultureInfo.InvariantCulture) < 8
            ? version.Value
            : ".version 8.0");

    /// <summary>Numbers parameters, functions and labels in the order in which they stand.</summary>
    /// <remarks>
    /// ILGPU 1.5.3 appends to their names what it counts in a process, so that a kernel's text depends on all that was
    /// compiled before it. The driver keeps what it has assembled by the text: it would find none of it again. A few
    /// texts still differ, by the order of moves (docs/device.md).
    /// </remarks>
    internal static string Renumber(string text)
    {
        var numbers = new Dictionary<string, int>();
        return CountedName().Replace(text, name =>
        {
            string counted = name.Groups[2].Value;
            if (!numbers.TryGetValue(counted, out int number))
                numbers.Add(counted, number = numbers.Count);
            return $"{name.Groups[1].Value}{number}";
        });
    }

    [GeneratedRegex(@"\.version (\d+)\.\d+")]
    private static partial Regex Version();

    // Neither a register (%r1) nor a part of an instruction (.m16n8k8) nor the target (sm_80).
    [GeneratedRegex(@"(?<![\w.%])(?!sm_)([A-Za-z_]\w*_)(\d+)\b")]
    private static partial Regex CountedName();
}
