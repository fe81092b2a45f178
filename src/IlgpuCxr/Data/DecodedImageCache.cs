using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Data;

/// <summary>Decodes each image file once ever: keeps the decoded bytes in a directory, one file an image.</summary>
/// <remarks>
/// An entry is found by the image's full path, size and modification time, so that a changed image is decoded again; of
/// a link those of its target. Entries are written beside their place and renamed, so that any number of threads and
/// processes may share a directory. An entry that is damaged is decoded again, and a directory that cannot be written
/// means only that images are decoded every time. So does a drive with little free space, which is left to others: no
/// entry is added to it. Safe for use from several threads at once.
/// </remarks>
public sealed partial class DecodedImageCache
{
    // Each look at the drive is a call of the system; between two, many threads and processes store less than the
    // reserve.
    private const long BytesBetweenLooks = 256_000_000;

    // Room for what the whole study writes: two checkpoints a row are 4.6 GB, and the largest is written beside the old
    // one, 1.1 GB; what several processes store between two looks. A large drive has other users, for whom a fiftieth of
    // it is left.
    private const long SmallestReserve = 8_000_000_000, ReservesInDrive = 50;

    private readonly IImageDecoder decoder;
    private readonly string directory;
    private readonly Action<string>? notify;
    private readonly Lock looks = new();
    private long storedSinceLook = BytesBetweenLooks;
    private bool isFull;

    /// <summary>Creates the cache.</summary>
    /// <param name="decoder">What reads the images.</param>
    /// <param name="directory">Where to keep them, by default for the user; need not exist.</param>
    /// <param name="notify">
    /// Told once, in a sentence, when the drive has no room for more entries; from any thread.
    /// </param>
    public DecodedImageCache(IImageDecoder decoder, string? directory = null, Action<string>? notify = null)
    {
        this.decoder = decoder;
        this.directory = directory ?? UserCache.Locate("images");
        this.notify = notify;
    }

    /// <summary>Where the entries are; it need not exist.</summary>
    public string Location => directory;

    /// <summary>Looks at the drive of a directory: its free bytes, and all.</summary>
    internal Func<string, (long Free, long Total)> Space { get; init; } = SpaceOf;

    /// <summary>Number of entries, and their bytes.</summary>
    /// <exception cref="IOException">They cannot be listed.</exception>
    public (int Entries, long Bytes) Measure() => Explain("listed", () =>
    {
        long[] lengths = [.. Files().Select(path => LengthOf(new FileInfo(path))).Where(length => length >= 0)];
        return (lengths.Length, lengths.Sum());
    });

    /// <summary>
    /// Deletes all entries; images are decoded again when they are needed. Nothing else in the directory is touched.
    /// </summary>
    /// <exception cref="IOException">Not all can be deleted.</exception>
    public void Clear() => Explain("cleared", () =>
    {
        foreach (string file in Files())
            File.Delete(file);
        foreach (string shard in Shards().Where(shard => IsEmpty(shard)))
        {
            try
            {
                Directory.Delete(shard);
            }
            catch (IOException) when (!IsEmpty(shard))
            {
                // Another process has stored an image, or deleted the directory.
            }
        }
        return true;
    });

    /// <summary>Finds an image's entry, or decodes the image and stores it.</summary>
    /// <param name="path">The image file.</param>
    /// <exception cref="DataException">The file cannot be read or decoded.</exception>
    public CachedImage Open(string path)
    {
        string entry = EntryFor(path);
        if (CachedImage.TryOpen(entry, path, () => DecodeAndStore(path, entry), out CachedImage? image))
            return image;
        (ImageSize size, byte[] pixels) = DecodeAndStore(path, entry);
        return new CachedImage(size, pixels);
    }

    private (ImageSize Size, byte[] Pixels) DecodeAndStore(string path, string entry)
    {
        (ImageSize size, byte[] pixels) = decoder.Decode(path);
        if (HasRoom(pixels.Length) && !CachedImage.TryStore(entry, size, pixels))
            Stop("is full");
        return (size, pixels);
    }

    /// <summary>Whether the drive keeps its reserve, as far as is known.</summary>
    private bool HasRoom(long bytes)
    {
        // Others wait for a look, because what it finds is for them too.
        using Lock.Scope scope = looks.EnterScope();
        storedSinceLook += bytes;
        if (isFull || storedSinceLook < BytesBetweenLooks)
            return !isFull;
        try
        {
            Directory.CreateDirectory(directory);
            (long free, long total) = Space(directory);
            storedSinceLook = 0;
            long reserve = Math.Max(SmallestReserve, total / ReservesInDrive);
            if (free < reserve)
                Stop(string.Create(
                    CultureInfo.InvariantCulture, $"has {free / 1e9:F1} GB left, and {reserve / 1e9:F1} stay free"));
            return !isFull;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Of a network's drive Windows may not tell it; there the first write that fails ends it.
            return true;
        }
    }

    private void Stop(string why)
    {
        using Lock.Scope scope = looks.EnterScope();
        if (!isFull)
            notify?.Invoke(
                $"No more decoded images are kept in '{directory}', whose drive {why}: they are decoded whenever they are needed; free some space, or name another place with {UserCache.Variable}.");
        isFull = true;
    }

    // -1 for one that another process has renamed or deleted since it was listed.
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return -1;
        }
    }

    private static bool IsEmpty(string directory) =>
        Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any();

    private static (long Free, long Total) SpaceOf(string directory)
    {
        var drive = new DriveInfo(Path.GetFullPath(directory));
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    private T Explain<T>(string done, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The decoded images in '{directory}' cannot be {done} ({exception.Message.TrimEnd('.')}); check the permissions there.",
                exception);
        }
    }

    private string[] Shards() => Directory.Exists(directory)
        ? [.. Directory.EnumerateDirectories(directory).Where(path => ShardName().IsMatch(Path.GetFileName(path)))]
        : [];

    /// <summary>Entries, and what interrupted writers left.</summary>
    private IEnumerable<string> Files() =>
        Shards().SelectMany(Directory.EnumerateFiles).Where(path => EntryName().IsMatch(Path.GetFileName(path)));

    private string EntryFor(string path)
    {
        FileInfo file = Links.FileOf(path);
        if (!file.Exists)
            throw new DataException($"The image '{path}' does not exist; restore it or remove it from the data set.");
        string key = string.Create(
            CultureInfo.InvariantCulture, $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}");
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        // 256 directories: a hundred thousand files in one are slow to list on some file systems.
        return Path.Combine(directory, name[..2], name[2..]);
    }

    [GeneratedRegex("^[0-9a-f]{2}$")]
    private static partial Regex ShardName();

    [GeneratedRegex("^[0-9a-f]{62}(\\.[0-9a-f]+\\" + AtomicFile.TemporarySuffix + ")?$")]
    private static partial Regex EntryName();
}
