using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IlgpuCxr.Tests.Weights;

/// <summary>A request as it came: its path and its headers.</summary>
internal sealed record LoopbackRequest(string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The first byte that the request asks for, or 0.</summary>
    public int From =>
        Header("Range") is { } range
        ? int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture)
        : 0;
}

/// <summary>What goes back; <see cref="SentBytes"/> fewer than the body's are a connection that breaks.</summary>
internal sealed record LoopbackResponse(string Status, string[] Headers, byte[] Body, int? SentBytes = null)
{
    public static LoopbackResponse Whole(byte[] body, params string[] headers) => new("200 OK", headers, body);

    public static LoopbackResponse Rest(byte[] whole, int from, params string[] headers) =>
        new(
            "206 Partial Content", [$"Content-Range: bytes {from}-{whole.Length - 1}/{whole.Length}", .. headers],
            whole[from..]);

    public LoopbackResponse BrokenAfter(int bytes) => this with { SentBytes = bytes };
}

/// <summary>An HTTP server on this machine that answers, and breaks off, as a test says.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<LoopbackRequest, LoopbackResponse> answer;
    private readonly Task serving;

    public LoopbackServer(Func<LoopbackRequest, LoopbackResponse> answer)
    {
        this.answer = answer;
        listener.Start();
        serving = Task.Run(Serve);
    }

    public List<LoopbackRequest> Requests { get; } = [];

    public Uri UrlOf(string path) => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/{path}");

    public void Dispose()
    {
        listener.Stop();
        serving.Wait();
        listener.Dispose();
    }

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await Answer(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task Answer(NetworkStream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            string path = (await reader.ReadLineAsync())!.Split(' ')[1];
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
                headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
            var request = new LoopbackRequest(path.TrimStart('/'), headers);
            Requests.Add(request);
            LoopbackResponse response = answer(request);
            string head =
                $"HTTP/1.1 {response.Status}\r\nContent-Length: {response.Body.Length}\r\nConnection: close\r\n{string.Concat(response.Headers.Select(h => h + "\r\n"))}\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            await stream.WriteAsync(response.Body.AsMemory(0, response.SentBytes ?? response.Body.Length));
        }
        catch (IOException)
        {
            // The client has had enough.
        }
    }
}
