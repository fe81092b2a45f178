using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>Gives the elements of some rows of a tensor.</summary>
/// <param name="firstRow">The first row along the outermost axis.</param>
/// <param name="rows">Receives whole rows from there on.</param>
public delegate void TensorRows(long firstRow, Span<float> rows);

/// <summary>Single-precision values that are asked for when they are read.</summary>
internal sealed class ComputedStorage(string name, long rows, long rowElements, TensorRows values)
    : BlockStorage(rows, rowElements * sizeof(float), BlockBytes)
{
    // A few calls for a large tensor, and little memory beside it.
    private const int BlockBytes = 1 << 22;

    public override string Source => "memory";

    protected override WeightFormatException TooLarge() =>
        new(Source, $"a row of tensor {WeightFormatException.Quote(name)} is larger than an array", "split it first");

    protected override void LoadBlock(long firstRow, byte[] block) =>
        values(firstRow, MemoryMarshal.Cast<byte, float>(block.AsSpan()));
}
