using System.Text.Json;

namespace IlgpuCxr.WeightsImport;

/// <summary>One tensor as the header describes it; the offsets count from the end of the header.</summary>
internal sealed record SafetensorsEntry(string Name, TensorDataType DataType, long[] Shape, long Begin, long End);

/// <summary>Parses a header token by token, because a JSON document would hide duplicate keys.</summary>
internal sealed class SafetensorsHeader(string path, MemoryBudget budget)
{
    private const string Remedy = "save it again with the safetensors library";

    private readonly List<SafetensorsEntry> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    public (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty || header[0] != '{')
        {
            throw new WeightFormatException(
                path, "its header is not a JSON object", "check that it is a safetensors file");
        }
        try
        {
            var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 8 });
            ParseObject(ref json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is what the JSON reader throws for text that is not UTF-8.
            throw new WeightFormatException(path, "its header is not well-formed JSON", Remedy, e);
        }
        return (entries, metadata);
    }

    private void ParseObject(ref Utf8JsonReader json)
    {
        json.Read();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (ReadKey(ref json, keys) is string key)
        {
            if (key == SafetensorsFile.MetadataKey)
                ParseMetadata(ref json);
            else
                entries.Add(ParseEntry(ref json, key));
        }

        // Reads on to the end, so that anything but white space after the object is an error.
        while (json.Read())
        {
        }
    }

    private void ParseMetadata(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.StartObject, SafetensorsFile.MetadataKey);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (ReadKey(ref json, keys) is string key)
        {
            Expect(ref json, JsonTokenType.String, key);
            metadata.Add(key, TextOf(ref json));
        }
    }

    private SafetensorsEntry ParseEntry(ref Utf8JsonReader json, string name)
    {
        budget.Take(MemoryBudget.BytesPerTensor);
        TensorDataType? dataType = null;
        long[]? shape = null, offsets = null;
        Expect(ref json, JsonTokenType.StartObject, name);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (ReadKey(ref json, keys) is string key)
        {
            switch (key)
            {
                case "dtype":
                    Expect(ref json, JsonTokenType.String, name);
                    string text = TextOf(ref json);
                    dataType = SafetensorsFile.DataTypeOf(text)
                        ?? throw Fail(name, $"has the unknown data type {WeightFormatException.Quote(text)}");
                    break;
                case "shape": shape = ParseNumbers(ref json, name, ShapeArithmetic.MaximumRank); break;
                case "data_offsets": offsets = ParseNumbers(ref json, name, 2); break;
                default: throw Fail(name, $"has the unknown key {WeightFormatException.Quote(key)}");
            }
        }
        if (dataType is null || shape is null || offsets is not [long begin, long end])
            throw Fail(name, "lacks its data type, shape or two offsets");
        if (!ShapeArithmetic.TryCount(shape, dataType.Value, out _, out long bytes)
            || end < begin || bytes != end - begin)
        {
            throw Fail(
                name,
                $"of shape {ShapeArithmetic.Format(shape)} and type {dataType} does not fill bytes {begin} to {end}");
        }
        return new SafetensorsEntry(name, dataType.Value, shape, begin, end);
    }

    private long[] ParseNumbers(ref Utf8JsonReader json, string name, int most)
    {
        var numbers = new List<long>();
        Expect(ref json, JsonTokenType.StartArray, name);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long number) || number < 0)
                throw Fail(name, "has an extent or offset that is not a whole number");
            if (numbers.Count == most)
                throw Fail(name, $"has a list of more than {most} numbers");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private string? ReadKey(ref Utf8JsonReader json, HashSet<string> keys)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.EndObject)
            return null;
        string key = TextOf(ref json);
        return keys.Add(key)
            ? key
            : throw new WeightFormatException(
                path, $"its header has the key {WeightFormatException.Quote(key)} twice", Remedy);
    }

    private string TextOf(ref Utf8JsonReader json)
    {
        budget.TakeText(json.ValueSpan.Length);
        return json.GetString()!;
    }

    private void Expect(ref Utf8JsonReader json, JsonTokenType type, string key)
    {
        json.Read();
        if (json.TokenType != type)
            throw Fail(key, $"has a {json.TokenType} in its header where a {type} belongs");
    }

    private WeightFormatException Fail(string name, string problem) =>
        new(path, $"tensor {WeightFormatException.Quote(name)} {problem}", Remedy);
}
