using System.Reflection;
using ILGPU;
using ILGPU.IR.Transformations;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Lets ILGPU compile large generic kernels several times as fast: what their type arguments rule out goes first, not
/// last.
/// </summary>
/// <remarks>
/// A kernel such as the tensor cores' product has thousands of branches on constants: which block tile, which access,
/// which part of a loop written out. ILGPU 1.5.3 removes them after it has cut structures into their fields, for which
/// it looks every field up in every block that two paths lead to, unreachable ones included: of 2.7 s for one of
/// 128x128 that is 1.9. Removed before variables become values, they leave 2200 of 7540 blocks; with short branches
/// made selections, as ILGPU does at the end, 1080. The same passes otherwise, in the same order.
/// </remarks>
internal static class EarlySimplification
{
    // A property without a setter; docs/performance.md has the times with and without.
    private static readonly FieldInfo? Passes = typeof(Context).GetField(
        "<ContextTransformer>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance);

    /// <summary>
    /// Changes the order of a context's passes, before it compiles its first kernel; an ILGPU that is built otherwise
    /// keeps its own.
    /// </summary>
    public static void Apply(Context context)
    {
        if (PassesOf(context) is not { } before)
            return;
        var after = Transformer.CreateBuilder(before.Configuration);
        foreach (Transformation pass in before.Transformations)
        {
            if (pass is SSAConstruction)
            {
                after.Add(new UnreachableCodeElimination());
                after.Add(new SimplifyControlFlow());
            }
            if (pass is LowerStructures)
            {
                after.Add(new IfConversion());
                after.Add(new SimplifyControlFlow());
            }
            after.Add(pass);
        }
        Passes!.SetValue(context, after.ToTransformer());
    }

    /// <summary>A context's passes; null where ILGPU is built otherwise.</summary>
    internal static Transformer? PassesOf(Context context) => Passes?.GetValue(context) as Transformer?;
}
