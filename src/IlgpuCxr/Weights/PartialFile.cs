using System.Net.Http.Headers;

namespace IlgpuCxr.Weights;

/// <summary>
/// What has arrived of a file, and beside it which version of it that is, so that a broken transfer goes on where it
/// broke.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly string path;
    private readonly FileStream stream;

    /// <summary>Opens or begins it; no other process can meanwhile.</summary>
    /// <param name="target">Where the whole file will be.</param>
    /// <param name="url">Where it comes from; what came from elsewhere is not kept.</param>
    public PartialFile(string target, Uri url)
    {
        path = target + ".part";
        stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            string[] source = File.Exists(SourcePath) ? File.ReadAllLines(SourcePath) : [];
            if (source is [var from, var version] && from == url.AbsoluteUri)
                Version = version.Length > 0 ? version : null;
            else
                stream.SetLength(0);
            stream.Seek(0, SeekOrigin.End);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that have arrived.</summary>
    public long Length => stream.Length;

    /// <summary>
    /// What the server calls this version of the file: its strong entity tag or its date; null where it said neither.
    /// </summary>
    public string? Version { get; private set; }

    /// <summary>The header that makes a server send the rest only where the file is still the same.</summary>
    public RangeConditionHeaderValue? Condition =>
        RangeConditionHeaderValue.TryParse(Version, out RangeConditionHeaderValue? condition) ? condition : null;

    private string SourcePath => path + ".from";

    /// <summary>Forgets what has arrived and notes which version comes now.</summary>
    public void Begin(Uri url, HttpResponseMessage response)
    {
        // A weak tag promises the same meaning, not the same bytes.
        Version = response.Headers.ETag is { IsWeak: false } tag
            ? tag.Tag
            : response.Content.Headers.LastModified?.ToString("R");
        stream.SetLength(0);
        File.WriteAllLines(SourcePath, [url.AbsoluteUri, Version ?? ""]);
    }

    /// <summary>Adds bytes to the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

    /// <summary>Forgets what has arrived.</summary>
    public void Discard()
    {
        stream.Dispose();
        File.Delete(path);
        File.Delete(SourcePath);
    }

    /// <summary>Reads what has arrived, from its first byte on.</summary>
    public Stream FromStart()
    {
        stream.Seek(0, SeekOrigin.Begin);
        return stream;
    }

    /// <summary>Gives the file its name.</summary>
    public void MoveTo(string target)
    {
        stream.Flush(flushToDisk: true);
        stream.Dispose();
        File.Move(path, target, overwrite: true);
        File.Delete(SourcePath);
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
