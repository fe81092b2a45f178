using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace IlgpuCxr.Weights;

/// <summary>How far a download is.</summary>
/// <param name="Received">Bytes that are there, also those of an earlier try.</param>
/// <param name="Total">Bytes of the whole file; null where the server does not say.</param>
public readonly record struct DownloadProgress(long Received, long? Total);

/// <summary>
/// Downloads a file of weights: what is broken off is taken up again, and only what has the right SHA-256 gets its
/// name.
/// </summary>
/// <remarks>Proxies are those of the environment (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>), as .NET reads them.</remarks>
/// <param name="client">Sends the requests.</param>
public sealed class WeightDownload(HttpClient client)
{
    private const int Tries = 5;

    // The fewest that torch.hub's names have, and all; none at all would take any file.
    private const int FewestDigits = 8, AllDigits = 64;

    // Without a network nobody should wait for half a minute to be told so.
    private const int TriesUnreachable = 2;

    /// <summary>
    /// How long to wait before the second try; each further one waits twice as long. A transfer that got on counts
    /// anew.
    /// </summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may be silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Larger than any file of weights here by far: a server that never stops sending must not fill the disk.
    /// </summary>
    public long MaximumBytes { get; init; } = 1L << 31;

    /// <summary>Downloads a file that is not there yet.</summary>
    /// <param name="source">The file.</param>
    /// <param name="hashPrefix">The first 8 to 64 digits of its SHA-256, in lower case.</param>
    /// <param name="folder">Where to put it; created.</param>
    /// <param name="progress">Told after each piece; null for nobody.</param>
    /// <param name="cancellation">Breaks it off; what has arrived stays for the next time.</param>
    /// <returns>The file's path, and whether it was there already.</returns>
    /// <exception cref="ArgumentException">Those are no such digits.</exception>
    /// <exception cref="WeightDownloadException">It cannot be had, or is not the right file.</exception>
    public async Task<(string Path, bool WasThere)> Fetch(
        WeightSource source, string hashPrefix, string folder, IProgress<DownloadProgress>? progress,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(hashPrefix);
        if (hashPrefix.Length is < FewestDigits or > AllDigits || !hashPrefix.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException(
                $"'{hashPrefix}' is no beginning of a SHA-256; give its first {FewestDigits} to {AllDigits} hexadecimal digits in lower case.",
                nameof(hashPrefix));
        if (source.Name.Length == 0 || source.Name is "." or ".."
            || source.Name.AsSpan().IndexOfAny(['/', '\\', ':', '\0']) >= 0)
            throw new WeightDownloadException(
                $"{source.Url} names no file; give the address of one, such as {WeightCatalog.All[0].Url}.");
        string target = Path.Combine(folder, source.Name);
        try
        {
            if (File.Exists(target)
                && (await HashOf(target, cancellation)).StartsWith(hashPrefix, StringComparison.Ordinal))
                return (target, true);
            Directory.CreateDirectory(folder);
            using var part = new PartialFile(target, source.Url);
            await TransferWithRetries(source, part, folder, progress, cancellation);
            string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(part.FromStart(), cancellation));
            if (!hash.StartsWith(hashPrefix, StringComparison.Ordinal))
            {
                part.Discard();
                throw new WeightDownloadException(
                    $"What {source.Url} sends is not {source.Name}: its SHA-256 begins with {hash[..hashPrefix.Length]} instead of {hashPrefix}; it was not kept, try again or use another --url.");
            }
            part.MoveTo(target);
            return (target, false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightDownloadException(
                $"{target} cannot be written ({Reason(e)}); choose another --out, or see to the disk and try again.",
                e);
        }
    }

    private async Task TransferWithRetries(
        WeightSource source, PartialFile part, string folder, IProgress<DownloadProgress>? progress,
        CancellationToken cancellation)
    {
        for (int failures = 0; ;)
        {
            long before = part.Length;
            try
            {
                await Transfer(source.Url, part, progress, cancellation);
                return;
            }
            catch (HttpRequestException e)
            {
                failures = part.Length > before ? 1 : failures + 1;
                if (IsFinal(e) || failures >= (IsUnreachable(e) && part.Length == 0 ? TriesUnreachable : Tries))
                {
                    string kept = part.Length > 0
                        ? $"{part.Length} bytes are kept and the next try goes on from there; "
                        : "";
                    throw new WeightDownloadException(
                        $"{source.Name} cannot be downloaded from {source.Url} ({Reason(e)}); {kept}try again, use --url with a mirror, or bring the file from another machine and put it into {folder}.",
                        e);
                }
            }
            await Task.Delay(Pause * Math.Pow(2, failures - 1), cancellation);
        }
    }

    // A server that does not have the file, or does not give it, will not the next time either.
    private static bool IsFinal(HttpRequestException e) =>
        e.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError
            and not HttpStatusCode.RequestTimeout
            and not HttpStatusCode.TooManyRequests and not HttpStatusCode.RequestedRangeNotSatisfiable;

    private static bool IsUnreachable(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
        or HttpRequestError.ProxyTunnelError;

    private async Task Transfer(
        Uri url, PartialFile part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (part.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(part.Length, null);
            request.Headers.IfRange = part.Condition;
        }
        using HttpResponseMessage response = await Patiently(
            limit => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit), cancellation);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            if (response.Content.Headers.ContentRange?.Length == part.Length)
                return;
            part.Begin(url, response);
        }
        response.EnsureSuccessStatusCode();

        // Any other success is the whole file: this server knows no ranges, or the file is a new one.
        if (response.StatusCode != HttpStatusCode.PartialContent
            || response.Content.Headers.ContentRange?.From != part.Length)
            part.Begin(url, response);
        if (response.StatusCode == HttpStatusCode.PartialContent && part.Length == 0
            && response.Content.Headers.ContentRange?.From != 0)
            throw new HttpRequestException("the server sends another part of the file than was asked for");
        long? total = part.Length + response.Content.Headers.ContentLength;
        await Receive(response, part, total, progress, cancellation);
        if (total is not null && part.Length != total)
            throw new HttpRequestException($"the connection ended after {part.Length} of {total} bytes");
    }

    private async Task Receive(
        HttpResponseMessage response, PartialFile part, long? total, IProgress<DownloadProgress>? progress,
        CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 16];
        await using Stream content = await response.Content.ReadAsStreamAsync(cancellation);
        while (true)
        {
            int count = await Patiently(limit => content.ReadAsync(buffer, limit).AsTask(), cancellation);
            if (count == 0)
                return;
            if (part.Length + count > MaximumBytes)
            {
                part.Discard();
                throw new WeightDownloadException(
                    $"{response.RequestMessage!.RequestUri} sends more than {MaximumBytes} bytes, which is no file of weights; it was not kept, use another --url.");
            }
            part.Append(buffer.AsSpan(0, count));
            progress?.Report(new DownloadProgress(part.Length, total));
        }
    }

    /// <summary>Waits for the network, and makes one kind of exception of all its failures.</summary>
    private async Task<T> Patiently<T>(Func<CancellationToken, Task<T>> receive, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await receive(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"the server was silent for {Patience.TotalSeconds:0} seconds", e);
        }
        catch (IOException e)
        {
            throw new HttpRequestException($"the connection broke: {Reason(e)}", e);
        }
    }

    private static async Task<string> HashOf(string path, CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    private static string Reason(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
