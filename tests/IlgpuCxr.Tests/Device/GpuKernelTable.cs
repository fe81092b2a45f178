namespace IlgpuCxr.Tests.Device;

/// <summary>What a kernel of groups must look like in PTX and after NVIDIA's assembler.</summary>
/// <param name="Registers">
/// The most registers a thread may take: the 65536 of a multiprocessor, by the threads that shall be on it at once.
/// </param>
/// <param name="MultiplyAdds">FFMA instructions.</param>
/// <param name="TensorOperations">HMMA instructions.</param>
/// <param name="SharedQuads">
/// 16-byte reads of shared memory: <c>ld.shared.v4.f32</c> in PTX, LDS.128 in machine code.
/// </param>
/// <param name="Barriers"><c>bar.sync</c> instructions.</param>
/// <param name="GlobalQuads">
/// Whether global memory is read and written 16 bytes at a time, and never a float alone; otherwise each float alone.
/// </param>
public sealed record GpuKernelRow(
    int Registers, int MultiplyAdds, int TensorOperations, int SharedQuads, int Barriers, bool GlobalQuads);

/// <summary>What is expected of each kernel of the tiled convolution.</summary>
internal static class GpuKernelTable
{
    // The tiled convolution has one loop, eight steps of 8x8: 512 multiply-adds show that it is unrolled and nothing is
    // computed twice, and 32 quads that a step reads two of each operand.
    private static GpuKernelRow Tiled(int registers, bool quads) =>
        new(registers, 512, TensorOperations: 0, SharedQuads: 32, Barriers: 2, quads);

    /// <summary>
    /// What <c>TileStatistics</c> adds to a kernel, whatever its block tile: the squares of four pixels at a time and
    /// of one, and one in a quotient.
    /// </summary>
    public const int StatisticsMultiplyAdds = 4 * 4 + 4 + 1;

    /// <summary>
    /// The barrier after the results, and two for each of the two sums over rows: one before its loop, one in it.
    /// </summary>
    public const int StatisticsBarriers = 5;

    // Each sum over rows reads the other half's.
    private static GpuKernelRow WithStatistics(GpuKernelRow row) => row with
    {
        MultiplyAdds = row.MultiplyAdds + StatisticsMultiplyAdds,
        SharedQuads = row.SharedQuads + 2,
        Barriers = row.Barriers + StatisticsBarriers,
    };

    /// <summary>Rows by the names of <see cref="GpuKernels"/>.</summary>
    public static readonly IReadOnlyDictionary<string, GpuKernelRow> Rows = new Dictionary<string, GpuKernelRow>
    {
        ["Forward 128x128 quads"] = Tiled(128, quads: true),
        ["Forward 128x128 singles"] = Tiled(255, quads: false),
        ["Forward 64x64 quads"] = Tiled(168, quads: true),
        ["Forward 64x64 singles"] = Tiled(168, quads: false),
        ["ForwardForBatchNorm 128x128 quads"] = WithStatistics(Tiled(128, quads: true)),
        ["ForwardForBatchNorm 64x64 quads"] = WithStatistics(Tiled(168, quads: true)),
        ["BackwardData 128x128 quads"] = Tiled(128, quads: true),
        ["BackwardData 128x128 singles"] = Tiled(255, quads: false),
        ["BackwardData 64x64 quads"] = Tiled(168, quads: true),
        ["BackwardData 64x64 singles"] = Tiled(168, quads: false),
        ["BackwardWeights 128x128 quads"] = Tiled(128, quads: true),
        ["BackwardWeights 128x128 singles"] = Tiled(255, quads: false),
        ["BackwardWeights 64x64 quads"] = Tiled(168, quads: true),
        ["BackwardWeights 64x64 singles"] = Tiled(168, quads: false),
    };
}
