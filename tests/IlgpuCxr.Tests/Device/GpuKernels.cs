using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Kernels.Optimizer;

namespace IlgpuCxr.Tests.Device;

/// <summary>A kernel as a GPU runs it.</summary>
/// <param name="Name">For test names.</param>
/// <param name="Method">With its type arguments filled in.</param>
/// <param name="Specialization">What it is launched with.</param>
public sealed record GpuKernel(string Name, MethodInfo Method, KernelSpecialization Specialization)
{
    /// <summary>The elements of its tensors, of a kernel that exists for each type.</summary>
    internal ElementType? Elements =>
        !Method.IsGenericMethod ? null
        : Method.GetGenericArguments()[0] == typeof(BFloat16Elements) ? ElementType.BFloat16
        : Method.GetGenericArguments()[0] == typeof(SingleElements) ? ElementType.Single
        : null;

    public override string ToString() => Name;
}

/// <summary>All kernels that GPUs run, found by reflection so that none is forgotten.</summary>
public static class GpuKernels
{
    private static readonly (string Pass, Type Rows, Type Columns, Type Result)[] passes =
    [
        ("Forward", typeof(InputPatches), typeof(Filters), typeof(MatrixResult)),
        ("ForwardForBatchNorm", typeof(InputPatches), typeof(Filters), typeof(ResultWithStatistics)),
        ("BackwardData", typeof(GradOutputPatches), typeof(PhaseFilters), typeof(GradInputResult)),
        ("BackwardWeights", typeof(GradOutputPixels), typeof(InputTaps), typeof(GradWeightsResult)),
    ];

    /// <summary>The kernels of every operator that compute one output per index.</summary>
    public static IEnumerable<GpuKernel> OnePerIndex() =>
        typeof(ComputeDevice).Assembly.GetTypes()
            .Where(type =>
                type.Name.EndsWith("Naive", StringComparison.Ordinal)
                || type.Name.EndsWith("Quad", StringComparison.Ordinal) || type == typeof(ChannelWidening)
                || type == typeof(BFloat16Copies) || type == typeof(WarpgroupTiles)
                || type == typeof(TiledWinogradKernels))
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(method =>
                method.GetParameters() is [{ ParameterType: var first }, ..] && first == typeof(Index1D))
            .SelectMany(method => Variants(method, default))
            .Concat(OfSlices(nameof(SliceSums.Add), default, typeof(OneSingle)))
            .Concat(OfSlices(nameof(SliceSums.Add), default, typeof(TwoBFloat16)))
            .Concat(WinogradOutputs())
            .Concat(Packing());

    /// <summary>Every variant of the tiled convolution.</summary>
    public static IEnumerable<GpuKernel> Tiled() =>
        from pass in passes
        from size in new[] { typeof(Extent128), typeof(Extent64) }
        from access in AccessOf(pass.Result)
        let extent = size == typeof(Extent128) ? Extent128.Length : Extent64.Length
        select new GpuKernel(
            $"{pass.Pass} {extent}x{extent} {(access == typeof(QuadAccess) ? "quads" : "singles")}",
            MultiplyOf(typeof(TiledGemm<,,,,>), size, access, pass.Rows, pass.Columns, pass.Result),
            TiledGemm.Specialization(extent, access == typeof(QuadAccess)));

    /// <summary>Every variant of the convolution on tensor cores.</summary>
    public static IEnumerable<GpuKernel> TensorCore() =>
        from pass in passes
        from rows in new[] { typeof(Extent128), typeof(Extent64) }
        from columns in new[] { typeof(Extent128), typeof(Extent64) }
        from format in FormatsOf(pass.Result)
        let rowExtent = Extent(rows)
        let columnExtent = Extent(columns)
        where format.HasAllTiles || rowExtent + columnExtent == 2 * Extent64.Length
        select new GpuKernel(
            $"{pass.Pass} {rowExtent}x{columnExtent} {format.Name}",
            MultiplyOf(
                typeof(TensorCoreGemm<,,,,,,>), rows, columns, format.Access, format.Math, pass.Rows, pass.Columns,
                pass.Result),
            TensorCoreTiles.Specialization(rowExtent, columnExtent));

    // The columns are packed, so a pass is told by its rows and its result; the weights' gradient is computed
    // transposed.
    private static readonly (string Pass, Type Rows, Type Columns, Type Result)[] warpgroupPasses =
    [
        ("Forward", typeof(InputPatches), typeof(Filters), typeof(MatrixResult)),
        ("ForwardForBatchNorm", typeof(InputPatches), typeof(Filters), typeof(ResultWithStatistics)),
        ("BackwardData", typeof(GradOutputPatches), typeof(PhaseFilters), typeof(GradInputResult)),
        ("BackwardWeights", typeof(InputTaps), typeof(GradOutputPixels), typeof(MatrixResult)),
    ];

    /// <summary>Every variant of the convolution by warpgroups.</summary>
    public static IEnumerable<GpuKernel> Warpgroup() =>
        from pass in warpgroupPasses
        from rows in new[] { typeof(Extent128), typeof(Extent64) }
        from columns in new[] { typeof(Extent128), typeof(Extent64) }
        from format in FormatsOf(pass.Result).Where(format => format.HasAllTiles)
        where pass.Pass != "BackwardWeights" || format.Access != typeof(BFloat16Access)
        select new GpuKernel(
            $"Warpgroup {pass.Pass} {Extent(rows)}x{Extent(columns)} {format.Name}",
            MultiplyOf(
                typeof(WarpgroupGemm<,,,,,>), rows, columns, format.Access, format.Math, pass.Rows, pass.Result),
            TensorCoreTiles.Specialization(Extent(rows), Extent(columns)));

    /// <summary>The kernels of groups that add up what their threads have read.</summary>
    public static IEnumerable<GpuKernel> Sums() =>
        new[] { typeof(BatchNormStatisticsQuad), typeof(BatchNormQuad) }
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
            .Where(method => method.GetParameters()[0].ParameterType != typeof(Index1D))
            .Append(typeof(BiasQuad).GetMethod(nameof(BiasQuad.Sum))!)
            .SelectMany(method => Variants(method, PixelGroup.Specialization))
            .Append(new GpuKernel(
                nameof(GradientCentralizationGroup),
                typeof(GradientCentralizationGroup).GetMethod(nameof(GradientCentralizationGroup.Step))!,
                GradientCentralization.Specialization))
            .Concat(OfSlices(nameof(SliceSums.AddMany), SliceSums.Specialization))
            .Append(
                new GpuKernel(
                    nameof(ImageTransformGroup),
                    typeof(ImageTransformGroup).GetMethod(nameof(ImageTransformGroup.Forward))!,
                    ImageTransform.Specialization))
            .Append(
                new GpuKernel(
                    nameof(ImageResizeGroup), typeof(ImageResizeGroup).GetMethod(nameof(ImageResizeGroup.Forward))!,
                    ImageTransform.Specialization));

    /// <summary>The kernels that exist for tensors of each element type.</summary>
    public static IEnumerable<GpuKernel> OfElements() =>
        OnePerIndex().Concat(Sums()).Where(kernel => kernel.Elements is not null);

    public static IEnumerable<GpuKernel> All() => OnePerIndex().Concat(Tiled());

    // A kernel as it is, or for each element type. Others that are generic have a method of their own here.
    private static IEnumerable<GpuKernel> Variants(MethodInfo method, KernelSpecialization specialization)
    {
        string name = $"{method.DeclaringType!.Name}.{method.Name}";
        if (!method.IsGenericMethod)
            return [new GpuKernel(name, method, specialization)];
        if (!method.GetGenericArguments()[0].GetGenericParameterConstraints().Contains(typeof(ITensorElements)))
            return [];
        return
        [
            new GpuKernel($"{name}<single>", method.MakeGenericMethod(typeof(SingleElements)), specialization),
            new GpuKernel($"{name}<bf16>", method.MakeGenericMethod(typeof(BFloat16Elements)), specialization),
        ];
    }

    private static IEnumerable<GpuKernel> WinogradOutputs() =>
        from result in new[] { typeof(MatrixResult), typeof(GradInputResult) }
        select new GpuKernel(
            $"{nameof(TiledWinogradKernels)}.{nameof(TiledWinogradKernels.Output)}<{result.Name}>",
            typeof(TiledWinogradKernels).GetMethod(nameof(TiledWinogradKernels.Output))!.MakeGenericMethod(result),
            default);

    private static IEnumerable<GpuKernel> Packing() =>
        from pass in warpgroupPasses
        from columns in new[] { typeof(Extent128), typeof(Extent64) }
        from math in new[] { typeof(Tf32Math), typeof(Bf16Math) }
        select new GpuKernel(
            $"PackedColumns<{Extent(columns)}, {(math == typeof(Tf32Math) ? "tf32" : "bf16")}>.Pack<{pass.Columns.Name}>",
            typeof(PackedColumns<,>)
                .MakeGenericType(columns, math)
                .GetMethod(nameof(PackedColumns<Extent128, Tf32Math>.Pack))!.MakeGenericMethod(pass.Columns),
            default);

    // Statistics are of quads, and of sums that are in one slice.
    private static Type[] AccessOf(Type result) =>
        result == typeof(ResultWithStatistics) ? [typeof(QuadAccess)] : [typeof(QuadAccess), typeof(SingleAccess)];

    // How tensor cores read factors and write results. What is read or written one by one has small tiles only;
    // statistics are of bfloat16 where factors are, and the weights' gradient is in single precision.
    private static IEnumerable<(Type Access, Type Math, string Name, bool HasAllTiles)> FormatsOf(Type result)
    {
        bool hasStatistics = result == typeof(ResultWithStatistics);
        yield return (typeof(QuadAccess), typeof(Tf32Math), "quads tf32", true);
        if (result != typeof(GradWeightsResult))
            yield return (typeof(BFloat16Access), typeof(Bf16Math), "to bfloat16 bf16", true);
        if (hasStatistics)
            yield break;
        yield return (typeof(SingleAccess), typeof(Tf32Math), "singles tf32", false);
        yield return (typeof(QuadAccess), typeof(Bf16Math), "to pairs bf16", true);
        yield return (typeof(QuadToSingleAccess), typeof(Bf16Math), "to singles bf16", false);
    }

    private static int Extent(Type size) => size == typeof(Extent128) ? Extent128.Length : Extent64.Length;

    private static IEnumerable<GpuKernel> OfSlices(
        string name, KernelSpecialization specialization, params Type[] elements) =>
        from result in passes
            .Select(pass => pass.Result)
            .Where(result => result != typeof(ResultWithStatistics))
            .Distinct()
        let arguments = (Type[])[.. elements, result]
        select new GpuKernel(
            $"SliceSums.{name}<{string.Join(", ", arguments.Select(argument => argument.Name))}>",
            typeof(SliceSums).GetMethod(name)!.MakeGenericMethod(arguments), specialization);

    private static MethodInfo MultiplyOf(Type product, params Type[] arguments) =>
        product.MakeGenericType(arguments).GetMethod("Multiply")!;
}
