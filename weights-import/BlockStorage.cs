namespace IlgpuCxr.WeightsImport;

/// <summary>
/// Bytes that are made when they are asked for, some rows of a tensor at a time, so that it is never in memory whole.
/// </summary>
/// <param name="rows">Rows, at least one.</param>
/// <param name="rowBytes">Bytes of a row, at least one.</param>
/// <param name="blockBytes">About how many bytes to make at a time.</param>
internal abstract class BlockStorage(long rows, long rowBytes, int blockBytes) : TensorStorage
{
    private readonly long rowsPerBlock = Math.Clamp(blockBytes / rowBytes, 1, rows);
    private byte[] block = [];
    private long blockIndex = -1;

    public override long Length => rows * rowBytes;

    protected long RowBytes => rowBytes;

    public override void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            long index = offset / (rowsPerBlock * rowBytes);
            if (index != blockIndex)
            {
                long firstRow = index * rowsPerBlock, bytes = Math.Min(rowsPerBlock, rows - firstRow) * rowBytes;
                if (bytes > Array.MaxLength)
                    throw TooLarge();
                if (block.Length != bytes)
                    block = GC.AllocateUninitializedArray<byte>((int)bytes);
                LoadBlock(firstRow, block);
                blockIndex = index;
            }
            int start = (int)(offset % (rowsPerBlock * rowBytes));
            int count = Math.Min(destination.Length, block.Length - start);
            block.AsSpan(start, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
        // Read to the end, most likely for good: many tensors' blocks together are large.
        if (offset == Length)
            (block, blockIndex) = ([], -1);
    }

    /// <summary>What to say of a row that is too large to be made.</summary>
    protected abstract WeightFormatException TooLarge();

    /// <summary>Makes all rows of a block.</summary>
    protected abstract void LoadBlock(long firstRow, byte[] block);
}
