using ILGPU;
using ILGPU.IR.Transformations;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class EarlySimplificationTests
{
    /// <summary>
    /// An ILGPU without the field that holds the passes would compile as before, three times as long, and nothing else
    /// would tell.
    /// </summary>
    [Test]
    public void Branches_on_constants_go_before_variables_become_values_and_structures_fields()
    {
        using Context context = DeviceCatalog.CreateCompiler();
        Type[] passes =
            [.. EarlySimplification.PassesOf(context)!.Value.Transformations.Select(pass => pass.GetType())];

        Assert.That(
            Before<SSAConstruction>(passes, 2),
            Is.EqualTo(new[] { typeof(UnreachableCodeElimination), typeof(SimplifyControlFlow) }));
        Assert.That(
            Before<LowerStructures>(passes, 2),
            Is.EqualTo(new[] { typeof(IfConversion), typeof(SimplifyControlFlow) }));
    }

    private static Type[] Before<TPass>(Type[] passes, int count)
    {
        int place = Array.IndexOf(passes, typeof(TPass));
        Assert.That(place, Is.GreaterThanOrEqualTo(count), typeof(TPass).Name);
        return passes[(place - count)..place];
    }
}
