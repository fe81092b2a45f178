using System.Runtime.InteropServices;
using PureHDF;
using PureHDF.Selections;

namespace IlgpuCxr.WeightsImport;

/// <summary>A dataset of an HDF5 file, read a block of rows at a time, so that it is never in memory twice.</summary>
internal sealed class HdfStorage : TensorStorage
{
    private const int BlockBytes = 1 << 22;

    private readonly string path;
    private readonly IH5Dataset dataset;
    private readonly TensorDataType dataType;
    private readonly ulong[] shape;
    private readonly long rowBytes;
    private readonly long rowsPerBlock;
    private byte[] block = [];
    private long blockIndex = -1;

    private HdfStorage(string path, IH5Dataset dataset, TensorDataType dataType, long length)
    {
        (this.path, this.dataset, this.dataType, Length) = (path, dataset, dataType, length);
        shape = dataset.Space.Dimensions;
        rowBytes = shape.Length == 0 || shape[0] == 0 ? length : length / (long)shape[0];
        rowsPerBlock = Math.Max(1, BlockBytes / Math.Max(1, rowBytes));
    }

    public override string Source => path;

    public override long Length { get; }

    public static WeightTensor Tensor(string path, string name, IH5Dataset dataset)
    {
        long[] shape = [.. dataset.Space.Dimensions.Select(extent => (long)extent)];
        if (DataTypeOf(dataset.Type) is not TensorDataType type)
        {
            throw new WeightFormatException(
                path, $"dataset {WeightFormatException.Quote(name)} holds neither integers nor floating-point numbers",
                "save the weights alone");
        }
        if (dataset.Layout.Class is not (H5DataLayoutClass.Contiguous or H5DataLayoutClass.Compact))
        {
            // Nothing is inflated, so that no file takes more memory than its own size.
            throw new WeightFormatException(
                path, $"dataset {WeightFormatException.Quote(name)} is stored in chunks or compressed",
                "save it again without, as Keras does");
        }
        if (!TensorShape.TryCount(shape, type, out _, out long bytes) || bytes > new FileInfo(path).Length)
        {
            throw new WeightFormatException(
                path,
                $"dataset {WeightFormatException.Quote(name)} has the impossible shape {TensorShape.Format(shape)}",
                "copy or download it again");
        }
        return new WeightTensor(name, type, shape, new HdfStorage(path, dataset, type, bytes));
    }

    public override void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            long blockLength = rowsPerBlock * rowBytes;
            if (blockIndex != offset / blockLength)
            {
                blockIndex = offset / blockLength;
                block = Guard(path, () => ReadBlock(blockIndex * rowsPerBlock));
            }
            int start = (int)(offset % blockLength);
            int count = Math.Min(destination.Length, block.Length - start);
            block.AsSpan(start, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Runs what reads HDF5. The library reports a broken file by exceptions of many types.</summary>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not WeightFormatException)
        {
            throw new WeightFormatException(
                path,
                $"is not a well-formed HDF5 file of weights ({WeightFormatException.Clean(e.Message).TrimEnd('.')})",
                "copy or download it again", e);
        }
    }

    private static TensorDataType? DataTypeOf(IH5DataType type) => (type.Class, type.Size) switch
    {
        (H5DataTypeClass.FloatingPoint, 8) => TensorDataType.Float64,
        (H5DataTypeClass.FloatingPoint, 4) => TensorDataType.Float32,
        (H5DataTypeClass.FloatingPoint, 2) => TensorDataType.Float16,
        (H5DataTypeClass.FixedPoint, 8) => type.FixedPoint.IsSigned ? TensorDataType.Int64 : TensorDataType.UInt64,
        (H5DataTypeClass.FixedPoint, 4) => type.FixedPoint.IsSigned ? TensorDataType.Int32 : TensorDataType.UInt32,
        (H5DataTypeClass.FixedPoint, 2) => type.FixedPoint.IsSigned ? TensorDataType.Int16 : TensorDataType.UInt16,
        (H5DataTypeClass.FixedPoint, 1) => type.FixedPoint.IsSigned ? TensorDataType.Int8 : TensorDataType.UInt8,
        _ => null,
    };

    private byte[] ReadBlock(long firstRow) => dataType switch
    {
        TensorDataType.Float64 => ReadBlock<double>(firstRow),
        TensorDataType.Float32 => ReadBlock<float>(firstRow),
        TensorDataType.Float16 => ReadBlock<Half>(firstRow),
        TensorDataType.Int64 => ReadBlock<long>(firstRow),
        TensorDataType.Int32 => ReadBlock<int>(firstRow),
        TensorDataType.Int16 => ReadBlock<short>(firstRow),
        TensorDataType.Int8 => ReadBlock<sbyte>(firstRow),
        TensorDataType.UInt64 => ReadBlock<ulong>(firstRow),
        TensorDataType.UInt32 => ReadBlock<uint>(firstRow),
        TensorDataType.UInt16 => ReadBlock<ushort>(firstRow),
        _ => ReadBlock<byte>(firstRow),
    };

    private byte[] ReadBlock<T>(long firstRow)
        where T : unmanaged
    {
        if (shape.Length == 0)
            return MemoryMarshal.AsBytes<T>([dataset.Read<T>()]).ToArray();
        ulong[] starts = new ulong[shape.Length];
        starts[0] = (ulong)firstRow;
        ulong[] counts = [Math.Min((ulong)rowsPerBlock, shape[0] - (ulong)firstRow), .. shape[1..]];
        T[] rows = dataset.Read<T[]>(new HyperslabSelection(shape.Length, starts, counts));
        return MemoryMarshal.AsBytes<T>(rows).ToArray();
    }
}
