using System.Buffers.Binary;
using System.Text.Json;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// The safetensors format: the header's size in 8 bytes, a header in JSON, then the tensors' bytes with neither gap nor
/// overlap.
/// </summary>
public static class SafetensorsFile
{
    /// <summary>What the names of such files end in.</summary>
    public const string Extension = ".safetensors";

    internal const string MetadataKey = "__metadata__";
    private const int PrefixBytes = 8;
    private const int MaximumHeaderBytes = 100_000_000;

    private static readonly TensorDataType[] DataTypes = Enum.GetValues<TensorDataType>();

    /// <summary>Opens a file and checks its whole header; the tensors stay on disk until they are asked for.</summary>
    /// <exception cref="WeightFormatException">It cannot be opened or is not well-formed.</exception>
    public static WeightFile Read(string path)
    {
        var file = new InputFile(path);
        try
        {
            byte[] header = ReadHeader(file);
            long dataStart = PrefixBytes + header.Length;
            long dataLength = file.Length - dataStart;
            (List<SafetensorsEntry> entries, Dictionary<string, string> metadata) =
                new SafetensorsHeader(path, new MemoryBudget(path, dataLength)).Parse(header);
            CheckLayout(path, entries, dataLength);
            WeightTensor[] tensors = [.. entries.Select(e => new WeightTensor(
                e.Name, e.DataType, e.Shape, new FileStorage(file, dataStart + e.Begin, e.End - e.Begin)))];
            return new WeightFile(file, "safetensors", tensors, metadata);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the tensors under the given names and data types, in the given order. The file appears whole or not at
    /// all, and the same input gives the same bytes.
    /// </summary>
    /// <param name="path">The file; missing directories above it are made.</param>
    /// <param name="tensors">What is to be in it.</param>
    /// <param name="metadata">Texts to store beside the tensors.</param>
    /// <param name="cancellation">Ends it early, without a file.</param>
    /// <exception cref="WeightFormatException">It cannot be written, or two tensors have one name.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static void Write(
        string path, IEnumerable<WeightTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellation = default)
    {
        WeightTensor[] inHeader = [.. tensors];
        CheckNames(path, inHeader);

        // Wider elements first, whatever the header's order, so that each tensor is aligned for readers that map it.
        WeightTensor[] inFile = [.. inHeader.OrderByDescending(t => ElementCodec.BitsPerElement(t.DataType))];
        byte[] header = BuildHeader(inHeader, inFile, metadata);
        if (header.Length > MaximumHeaderBytes)
        {
            throw new WeightFormatException(
                path, $"the header would exceed {MaximumHeaderBytes} bytes", "write fewer tensors or less metadata");
        }

        OutputFile.ReplaceWeights(path, stream =>
        {
            Span<byte> prefix = stackalloc byte[PrefixBytes];
            BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
            stream.Write(prefix);
            stream.Write(header);
            foreach (WeightTensor tensor in inFile)
                tensor.CopyTo(stream, cancellation);
        });
    }

    /// <summary>
    /// The temporary files that <see cref="Write"/> leaves beside a file when its process is killed. Another process
    /// that is writing the file has one too.
    /// </summary>
    /// <param name="path">The file, in a directory that exists.</param>
    public static IEnumerable<string> LeftOversOf(string path) => OutputFile.LeftOversOf(path);

    internal static string NameOf(TensorDataType type) => type switch
    {
        TensorDataType.Float64 => "F64",
        TensorDataType.Float32 => "F32",
        TensorDataType.Float16 => "F16",
        TensorDataType.BFloat16 => "BF16",
        TensorDataType.Float8E4M3 => "F8_E4M3",
        TensorDataType.Float8E5M2 => "F8_E5M2",
        TensorDataType.Float8E8M0 => "F8_E8M0",
        TensorDataType.Float6E2M3 => "F6_E2M3",
        TensorDataType.Float6E3M2 => "F6_E3M2",
        TensorDataType.Float4 => "F4",
        TensorDataType.Complex64 => "C64",
        TensorDataType.Int64 => "I64",
        TensorDataType.Int32 => "I32",
        TensorDataType.Int16 => "I16",
        TensorDataType.Int8 => "I8",
        TensorDataType.UInt64 => "U64",
        TensorDataType.UInt32 => "U32",
        TensorDataType.UInt16 => "U16",
        TensorDataType.UInt8 => "U8",
        TensorDataType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is not a data type"),
    };

    internal static TensorDataType? DataTypeOf(string name)
    {
        int index = Array.FindIndex(DataTypes, type => NameOf(type) == name);
        return index < 0 ? null : DataTypes[index];
    }

    private static byte[] ReadHeader(InputFile file)
    {
        const string Remedy = "check that it is a safetensors file, or copy or download it again";
        if (file.Length < PrefixBytes)
            throw new WeightFormatException(file.Path, $"has only {file.Length} bytes", Remedy);

        Span<byte> prefix = stackalloc byte[PrefixBytes];
        file.Read(0, prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaximumHeaderBytes || headerLength > (ulong)(file.Length - PrefixBytes))
        {
            throw new WeightFormatException(
                file.Path,
                $"announces a header of {headerLength} bytes, beyond its end or the limit of {MaximumHeaderBytes}",
                Remedy);
        }

        byte[] header = new byte[(int)headerLength];
        file.Read(PrefixBytes, header);
        return header;
    }

    private static void CheckLayout(string path, List<SafetensorsEntry> entries, long dataLength)
    {
        long position = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != position)
            {
                throw new WeightFormatException(
                    path,
                    $"tensor {WeightFormatException.Quote(entry.Name)} begins at byte {entry.Begin} of the data and "
                    + $"not at {position}, which is {(entry.Begin < position ? "an overlap" : "a gap")}",
                    "save it again with the safetensors library");
            }
            position = entry.End;
        }
        if (position != dataLength)
        {
            throw new WeightFormatException(
                path, $"holds {dataLength} bytes of data where its header describes {position}",
                "copy or download it again");
        }
    }

    private static void CheckNames(string path, WeightTensor[] tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (WeightTensor tensor in tensors)
        {
            if (tensor.Name == MetadataKey || !names.Add(tensor.Name))
            {
                throw new WeightFormatException(
                    path,
                    $"the tensor name {WeightFormatException.Quote(tensor.Name)} is reserved or given twice",
                    "give each tensor a name of its own");
            }
        }
    }

    private static byte[] BuildHeader(
        WeightTensor[] inHeader, WeightTensor[] inFile, IReadOnlyDictionary<string, string>? metadata)
    {
        var begins = new Dictionary<WeightTensor, long>();
        long position = 0;
        foreach (WeightTensor tensor in inFile)
        {
            begins.Add(tensor, position);
            position += tensor.ByteLength;
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            foreach (WeightTensor tensor in inHeader)
                WriteEntry(json, tensor, begins[tensor]);
            json.WriteEndObject();
        }
        while (buffer.Length % PrefixBytes != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, WeightTensor tensor, long begin)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", NameOf(tensor.DataType));
        json.WriteStartArray("shape");
        foreach (long extent in tensor.Shape)
            json.WriteNumberValue(extent);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(begin + tensor.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
