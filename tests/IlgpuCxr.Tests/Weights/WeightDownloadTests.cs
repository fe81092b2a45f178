using System.Net;
using System.Security.Cryptography;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Tests.Weights;

public sealed class WeightDownloadTests
{
    private const string Tag = "ETag: \"one\"";

    private static readonly byte[] Whole = Bytes(300_000, seed: 1);

    private TemporaryFolder folder;

    private string Target => folder.PathOf(Name(Whole));

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [Test]
    public async Task A_file_gets_its_name_when_it_is_whole_and_right()
    {
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole(Whole, Tag));
        var seen = new Recorder();
        (string path, bool wasThere) = await Fetch(server, seen);

        Assert.That(path, Is.EqualTo(Target));
        Assert.That(wasThere, Is.False);
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(Whole));
        Assert.That(folder.FileNames, Is.EqualTo(new[] { Name(Whole) }), "nothing else stays");
        Assert.That(seen.Reports[^1], Is.EqualTo(new DownloadProgress(Whole.Length, Whole.Length)));
        Assert.That(seen.Reports.Select(report => report.Received), Is.Ordered);
    }

    [Test]
    public async Task What_is_there_already_is_not_asked_for_again()
    {
        File.WriteAllBytes(Target, Whole);
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole([]));
        Assert.That((await Fetch(server)).WasThere);
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task A_damaged_file_is_replaced()
    {
        File.WriteAllBytes(Target, Whole[1..]);
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole(Whole));
        Assert.That((await Fetch(server)).WasThere, Is.False);
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
    }

    [TestCase(Tag, "\"one\"")]
    [TestCase("Last-Modified: Tue, 01 Nov 2016 10:00:00 GMT", "Tue, 01 Nov 2016 10:00:00 GMT")]
    [TestCase("ETag: W/\"weak\"", null)]
    public async Task A_broken_transfer_goes_on_where_it_broke(string validator, string? condition)
    {
        using var server = new LoopbackServer(request => request.From == 0
            ? LoopbackResponse.Whole(Whole, validator).BrokenAfter(100_000)
            : LoopbackResponse.Rest(Whole, request.From, validator));
        await Fetch(server);

        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
        Assert.That(server.Requests.Select(request => request.From), Is.EqualTo(new[] { 0, 100_000 }));
        Assert.That(server.Requests[1].Header("If-Range"), Is.EqualTo(condition));
    }

    [Test]
    public async Task A_transfer_that_another_run_began_goes_on()
    {
        using var server = new LoopbackServer(request => request.From == 0
            ? LoopbackResponse.Whole(Whole, Tag).BrokenAfter(100_000)
            : LoopbackResponse.Rest(Whole, request.From, Tag));
        using var stop = new CancellationTokenSource();
        Assert.That(
            async () => await Fetch(server, new Recorder(() => stop.Cancel()), cancellation: stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(folder.FileNames, Has.None.EqualTo(Name(Whole)));
        long kept = new FileInfo(Target + ".part").Length;
        Assert.That(kept, Is.GreaterThan(0));

        await Fetch(server);
        Assert.That(server.Requests[^1].From, Is.EqualTo(kept));
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
        Assert.That(folder.FileNames, Is.EqualTo(new[] { Name(Whole) }));
    }

    [Test]
    public async Task A_file_that_changed_meanwhile_is_fetched_anew()
    {
        byte[] old = Bytes(Whole.Length, seed: 2);
        bool first = true;
        using var server = new LoopbackServer(request =>
        {
            LoopbackResponse response = first
                ? LoopbackResponse.Whole(old, Tag).BrokenAfter(100_000)
                : LoopbackResponse.Whole(Whole, "ETag: \"two\"");
            first = false;
            return response;
        });
        await Fetch(server);
        Assert.That(server.Requests[1].Header("If-Range"), Is.EqualTo("\"one\""));
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
    }

    [Test]
    public async Task A_server_without_ranges_sends_the_whole_again()
    {
        int requests = 0;
        using var server = new LoopbackServer(_ =>
            requests++ == 0 ? LoopbackResponse.Whole(Whole).BrokenAfter(100_000) : LoopbackResponse.Whole(Whole));
        await Fetch(server);
        Assert.That(server.Requests[1].From, Is.EqualTo(100_000), "it was asked for the rest");
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
    }

    [Test]
    public async Task A_transfer_that_broke_after_its_last_byte_is_whole()
    {
        File.WriteAllBytes(Target + ".part", Whole);
        using var server = new LoopbackServer(
            _ => new("416 Range Not Satisfiable", [$"Content-Range: bytes */{Whole.Length}"], []));
        File.WriteAllLines(Target + ".part.from", [server.UrlOf(Name(Whole)).AbsoluteUri, "\"one\""]);
        await Fetch(server);
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
    }

    [Test]
    public async Task A_version_that_is_neither_tag_nor_date_is_not_sent()
    {
        File.WriteAllBytes(Target + ".part", Whole[..1000]);
        using var server = new LoopbackServer(request => LoopbackResponse.Rest(Whole, request.From, Tag));
        File.WriteAllLines(Target + ".part.from", [server.UrlOf(Name(Whole)).AbsoluteUri, "Wed, 21 O"]);
        await Fetch(server);
        Assert.That(server.Requests[0].From, Is.EqualTo(1000));
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
    }

    [Test]
    public async Task A_wrong_file_is_refused_and_not_kept()
    {
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole(Bytes(Whole.Length, seed: 3)));
        await AssertRefused(server, "begins with", "was not kept");
        Assert.That(folder.FileNames, Is.Empty);
    }

    [Test]
    public async Task Of_a_file_without_end_nothing_is_kept()
    {
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole(Whole, Tag));
        using var client = new HttpClient();
        var source = new WeightSource("resnet18", server.UrlOf(Name(Whole)), 45);
        var download = new WeightDownload(client) { MaximumBytes = Whole.Length - 1 };

        WeightDownloadException refused = (await Assert.ThrowsAsync<WeightDownloadException>(
            async () =>
                await download.Fetch(
                    source, source.HashPrefix!, Path.GetDirectoryName(Target)!, null, CancellationToken.None)))!;

        Assert.That(refused.Message, Does.Contain("more than 299999 bytes"));
        Assert.That(folder.FileNames, Is.Empty);
    }

    [Test]
    public void A_part_of_another_file_spoils_nothing()
    {
        File.WriteAllBytes(Target + ".part", Bytes(1000, seed: 4));
        File.WriteAllLines(Target + ".part.from", ["http://elsewhere/file", "\"one\""]);
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole(Whole));
        Assert.That(async () => await Fetch(server), Throws.Nothing);
        Assert.That(server.Requests[0].From, Is.Zero);
    }

    [Test]
    public async Task What_the_server_does_not_have_is_asked_for_once()
    {
        using var server = new LoopbackServer(_ => new("404 Not Found", [], "none"u8.ToArray()));
        await AssertRefused(server, "404", "--url", folder.PathOf(""));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(folder.FileNames, Has.None.EqualTo(Name(Whole)));
    }

    [Test]
    public async Task A_redirect_is_followed()
    {
        using var server = new LoopbackServer(request =>
            request.Path.StartsWith("moved", StringComparison.Ordinal)
            ? LoopbackResponse.Whole(Whole)
            : new("302 Found", [$"Location: /moved/{request.Path}"], []));
        (string path, _) = await Fetch(server);
        Assert.That(path, Is.EqualTo(Target));
        Assert.That(
            server.Requests.Select(request => request.Path), Is.EqualTo(new[] { Name(Whole), "moved/" + Name(Whole) }));
    }

    [Test]
    public async Task A_server_that_is_busy_is_asked_again()
    {
        int requests = 0;
        using var server = new LoopbackServer(
            _ => requests++ < 2 ? new("503 Service Unavailable", [], []) : LoopbackResponse.Whole(Whole));
        await Fetch(server);
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(Whole));
    }

    [TestCase("")]
    [TestCase("0011223")]
    [TestCase("0011223g")]
    [TestCase("0011223A")]
    [TestCase("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0")]
    public void What_is_no_hash_verifies_nothing_and_is_refused(string hashPrefix)
    {
        File.WriteAllBytes(Target, Whole);
        using var client = new HttpClient();
        Assert.That(
            async () => await new WeightDownload(client).Fetch(
                new WeightSource("resnet18", new Uri("http://localhost/" + Name(Whole)), 45), hashPrefix,
                folder.PathOf(""), null, CancellationToken.None),
            Throws.ArgumentException.With.Message.StartsWith($"'{hashPrefix}' is no beginning of a SHA-256; "));
    }

    [Test]
    public void A_server_that_is_busy_and_then_gone_is_given_up()
    {
        using var answers = new Answers();
        using var client = new HttpClient(answers);
        var download = new WeightDownload(client) { Pause = TimeSpan.FromMilliseconds(1) };
        Assert.That(
            async () => await download.Fetch(
                new WeightSource("resnet18", new Uri("http://localhost/" + Name(Whole)), 45), "00112233",
                folder.PathOf(""), null, CancellationToken.None),
            Throws.TypeOf<WeightDownloadException>().With.Message.Contains("no route"));
        Assert.That(answers.Requests, Is.EqualTo(3));
    }

    [Test]
    public void Without_a_network_it_is_told_what_to_bring_where()
    {
        Uri nowhere;
        using (var server = new LoopbackServer(_ => LoopbackResponse.Whole([])))
            nowhere = server.UrlOf(Name(Whole));
        Assert.That(
            async () => await Fetch(nowhere),
            Throws.TypeOf<WeightDownloadException>().With.Message.Contains(nowhere.AbsoluteUri).And.Message.Contains(
                $"put it into {folder.PathOf("")}".TrimEnd(Path.DirectorySeparatorChar)));
    }

    [Test]
    public async Task Two_at_once_do_not_mix()
    {
        using FileStream other = new(Target + ".part", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        using var server = new LoopbackServer(_ => LoopbackResponse.Whole(Whole));
        await AssertRefused(server, "cannot be written");
    }

    [TestCase("http://localhost/")]
    [TestCase("http://localhost/%2e%2e%2fevil-00112233.pth")]
    [TestCase("http://localhost/..%5Cevil-00112233.pth")]
    public void An_address_cannot_name_a_place_outside_the_folder(string url) =>
        Assert.That(
            async () => await Fetch(new Uri(url)),
            Throws.TypeOf<WeightDownloadException>().With.Message.Contains("names no file"));

    [TestCase("https://download.pytorch.org/models/resnet18-5c106cde.pth", "5c106cde")]
    [TestCase("https://example.org/vgg16-397923af.pth?download=1", "397923af")]
    [TestCase("https://example.org/resnet18.pth", null)]
    [TestCase("https://example.org/resnet18-.pth", null)]
    public void The_hash_is_in_the_name(string url, string? expected) =>
        Assert.That(new WeightSource("resnet18", new Uri(url), 45).HashPrefix, Is.EqualTo(expected));

    [Test]
    public void Every_known_file_has_a_hash_and_a_network()
    {
        foreach (WeightSource source in WeightCatalog.All)
        {
            Assert.That(source.HashPrefix, Has.Length.EqualTo(8));
            Assert.That(source.Name, Does.StartWith(source.Network + "-").And.EndWith(".pth"));
        }
        WeightSource known = WeightCatalog.Of("resnet18");
        Assert.That(
            known.At(new Uri("https://example.org/latest.pth")).Name, Is.EqualTo(known.Name),
            "a mirror's file keeps the known name");
    }

    private static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static string Name(byte[] whole) => $"resnet18-{Convert.ToHexStringLower(SHA256.HashData(whole))[..8]}.pth";

    private async Task AssertRefused(LoopbackServer server, params string[] parts)
    {
        WeightDownloadException refused =
            (await Assert.ThrowsAsync<WeightDownloadException>(async () => await Fetch(server)))!;
        foreach (string part in parts)
            Assert.That(refused.Message, Does.Contain(part.TrimEnd(Path.DirectorySeparatorChar)));
    }

    private Task<(string Path, bool WasThere)> Fetch(
        LoopbackServer server, IProgress<DownloadProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Fetch(server.UrlOf(Name(Whole)), progress, cancellation);

    private async Task<(string Path, bool WasThere)> Fetch(
        Uri url, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var client = new HttpClient();
        var source = new WeightSource("resnet18", url, 45);
        var download = new WeightDownload(client) { Pause = TimeSpan.FromMilliseconds(1) };
        return await download.Fetch(
            source, source.HashPrefix ?? "00112233", Path.GetDirectoryName(Target)!, progress, cancellation);
    }

    /// <summary>Busy twice, then out of reach; who asks for ever is stopped.</summary>
    private sealed class Answers : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) => ++Requests switch
            {
                <= 2 => Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)),
                <= 9 => throw new HttpRequestException(HttpRequestError.ConnectionError, "no route"),
                _ => throw new InvalidOperationException("asked again and again"),
            };
    }

    private sealed class Recorder(Action? then = null) : IProgress<DownloadProgress>
    {
        public List<DownloadProgress> Reports { get; } = [];

        public void Report(DownloadProgress value)
        {
            Reports.Add(value);
            then?.Invoke();
        }
    }
}
