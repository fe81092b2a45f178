using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// The format since PyTorch 1.6: a zip archive of stored entries in one folder: the pickle as data.pkl, each storage
/// as data/ and its key, and small texts that say the version and the byte order.
/// </summary>
internal static class PyTorchZip
{
    private const string Pickle = "/data.pkl";
    private const string Folder = "archive";
    private const long MaximumPickleBytes = 1 << 26;

    // Of no meaning here; a fixed one makes the same input give the same bytes.
    private static readonly DateTimeOffset EntryTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static bool IsZip(InputFile file)
    {
        ReadOnlySpan<byte> signature = "PK\x03\x04"u8;
        byte[] start = new byte[signature.Length];
        if (file.Length < start.Length)
            return false;
        file.Read(0, start);
        return start.AsSpan().SequenceEqual(signature);
    }

    public static PyTorchContents Read(InputFile file, MemoryBudget budget)
    {
        Dictionary<string, FileRegion> entries = ZipDirectory.Read(file, budget);
        if (entries.Keys.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal)).ToArray() is not [string name])
        {
            throw new WeightFormatException(
                file.Path, "is a zip archive without a data.pkl of its own", "check that torch.save made it");
        }

        string folder = name[..^Pickle.Length];
        CheckByteOrder(file, entries, folder);
        FileRegion pickle = entries[name];
        if (pickle.Length > MaximumPickleBytes)
        {
            throw new WeightFormatException(
                file.Path, $"has a data.pkl of {pickle.Length} bytes", "save the model's state_dict() alone");
        }

        var input = new PickleInput(file, pickle.Start, pickle.Start + pickle.Length);
        object? root = new PickleMachine(input, new PyTorchObjects(file.Path), budget).Load();
        string data = folder + "/data/";
        return new PyTorchContents(root, entries
            .Where(entry => entry.Key.StartsWith(data, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[data.Length..], entry => entry.Value, StringComparer.Ordinal));
    }

    public static void Write(string path, IReadOnlyList<WeightTensor> tensors, CancellationToken cancellation)
    {
        byte[] pickle = PickleWriter.WriteStateDict(path, tensors);
        OutputFile.ReplaceWeights(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            WriteEntry(archive, "data.pkl", pickle);
            WriteEntry(archive, "byteorder", "little"u8);
            for (int i = 0; i < tensors.Count; i++)
            {
                using Stream entry = OpenEntry(archive, string.Create(CultureInfo.InvariantCulture, $"data/{i}"));
                tensors[i].CopyTo(entry, cancellation);
            }
            WriteEntry(archive, "version", "3\n"u8);
        });
    }

    private static void CheckByteOrder(InputFile file, Dictionary<string, FileRegion> entries, string folder)
    {
        if (!entries.TryGetValue(folder + "/byteorder", out FileRegion region))
            return;
        byte[] text = new byte[Math.Min(region.Length, "little".Length)];
        file.Read(region.Start, text);
        if (Encoding.ASCII.GetString(text) != "little")
        {
            throw new WeightFormatException(
                file.Path, "was written on a big-endian machine", "save it again on a little-endian one");
        }
    }

    private static void WriteEntry(ZipArchive archive, string name, ReadOnlySpan<byte> bytes)
    {
        using Stream entry = OpenEntry(archive, name);
        entry.Write(bytes);
    }

    private static Stream OpenEntry(ZipArchive archive, string name)
    {
        ZipArchiveEntry entry = archive.CreateEntry($"{Folder}/{name}", CompressionLevel.NoCompression);
        entry.LastWriteTime = EntryTime;
        return entry.Open();
    }
}
