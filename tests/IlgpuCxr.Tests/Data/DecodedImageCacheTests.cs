using System.Runtime.Versioning;
using IlgpuCxr.Data;
using NUnit.Framework.Constraints;

namespace IlgpuCxr.Tests.Data;

public sealed class DecodedImageCacheTests
{
    private DataFolder folder;
    private CountingDecoder decoder;
    private string image;

    [SetUp]
    public void MakeAnImage()
    {
        folder = new DataFolder();
        decoder = new CountingDecoder();
        image = folder.WriteImage("image.png", 20, 16, 5);
    }

    [TearDown]
    public void RemoveIt() => folder.Dispose();

    [Test]
    public void An_image_is_decoded_once_ever()
    {
        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(20, 16, 5)));

        Assert.That(decoder.Decoded, Is.EqualTo(1));
        Assert.That(Entries(), Has.Length.EqualTo(1), "One entry, and no temporary file.");
    }

    [Test]
    public void A_changed_file_is_decoded_again()
    {
        Read(NewCache());
        folder.WriteImage("image.png", 21, 16, 6);
        File.SetLastWriteTimeUtc(image, File.GetLastWriteTimeUtc(image).AddSeconds(1));

        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(21, 16, 6)));
        Assert.That(decoder.Decoded, Is.EqualTo(2));
    }

    [Test]
    public void A_changed_file_of_the_same_length_or_of_the_same_time_is_decoded_again()
    {
        string plain = folder.WriteImage("plain.tif", 20, 16, 5);
        (long length, DateTime time) = (new FileInfo(plain).Length, File.GetLastWriteTimeUtc(plain));
        Read(NewCache(), plain);
        folder.WriteImage("plain.tif", 20, 16, 6);
        File.SetLastWriteTimeUtc(plain, time.AddSeconds(1));
        Assert.That(new FileInfo(plain).Length, Is.EqualTo(length));
        Assert.That(Read(NewCache(), plain), Is.EqualTo(DataFolder.Levels(20, 16, 6)));
        folder.WriteImage("plain.tif", 21, 16, 7);
        File.SetLastWriteTimeUtc(plain, time);
        Assert.That(Read(NewCache(), plain), Is.EqualTo(DataFolder.Levels(21, 16, 7)));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows links need a privilege.")]
    public void A_link_is_the_image_that_it_leads_to()
    {
        string link = folder.PathOf("link.png"), directory = folder.PathOf("linked");
        File.CreateSymbolicLink(link, image);
        Directory.CreateSymbolicLink(directory, folder.Root);
        Read(NewCache(), link);
        Read(NewCache(), Path.Combine(directory, "image.png"));
        Read(NewCache());
        Assert.That(decoder.Decoded, Is.EqualTo(1), "one image by three names");

        folder.WriteImage("image.png", 21, 16, 6);
        Assert.That(
            Read(NewCache(), link), Is.EqualTo(DataFolder.Levels(21, 16, 6)), "another image behind the same link");
    }

    [Test]
    public void The_same_name_in_two_directories_is_two_images()
    {
        string other = folder.WriteImage("other/image.png", 20, 16, 9);
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(image));
        DecodedImageCache cache = NewCache();

        Assert.That(Read(cache), Is.Not.EqualTo(Read(cache, other)));
    }

    [TestCase(0, Description = "The format.")]
    [TestCase(8, Description = "The width.")]
    [TestCase(16, Description = "The channels.")]
    [TestCase(24, Description = "The checksum of the pixels.")]
    [TestCase(40, Description = "A pixel.")]
    [TestCase(-1, Description = "The last pixel.")]
    public void A_damaged_entry_is_decoded_again_and_repaired(int position)
    {
        Read(NewCache());
        byte[] bytes = File.ReadAllBytes(Entries().Single());
        bytes[position < 0 ? ^1 : position] ^= 0x10;
        File.WriteAllBytes(Entries().Single(), bytes);

        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(decoder.Decoded, Is.EqualTo(2));
    }

    [Test]
    public void Damage_is_seen_up_to_the_last_pixel_of_any_number()
    {
        // 315 pixels: the checksum is made of words of eight.
        image = folder.WriteImage("odd.png", 21, 15, 5);
        Read(NewCache());
        byte[] bytes = File.ReadAllBytes(Entries().Single());
        bytes[^1] ^= 0x10;
        File.WriteAllBytes(Entries().Single(), bytes);
        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(21, 15, 5)));
    }

    [Test]
    public void An_entry_of_an_earlier_version_is_decoded_again()
    {
        const int version = 6;
        Read(NewCache());
        byte[] bytes = File.ReadAllBytes(Entries().Single());
        bytes[version]--;
        File.WriteAllBytes(Entries().Single(), bytes);

        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(decoder.Decoded, Is.EqualTo(2));
    }

    [TestCase(0)]
    [TestCase(20)]
    [TestCase(100)]
    public void A_short_entry_is_decoded_again(int length)
    {
        Read(NewCache());
        File.WriteAllBytes(Entries().Single(), File.ReadAllBytes(Entries().Single())[..length]);

        Assert.That(Read(NewCache()), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(decoder.Decoded, Is.EqualTo(2));
    }

    [Test]
    public void A_longer_place_receives_the_image_and_keeps_its_end()
    {
        var longer = new byte[20 * 16 + 4];
        longer.AsSpan().Fill(77);
        for (int i = 0; i < 2; i++)
        {
            using CachedImage cached = NewCache().Open(image);
            cached.CopyTo(longer);
            Assert.That(longer[..^4], Is.EqualTo(DataFolder.Levels(20, 16, 5)));
            Assert.That(longer[^4..], Is.All.EqualTo(77));
        }
        Assert.That(decoder.Decoded, Is.EqualTo(1), "the entry is not taken for a damaged one");
    }

    [Test]
    public void An_image_that_changes_its_size_meanwhile_is_named()
    {
        Read(NewCache());
        using CachedImage cached = NewCache().Open(image);
        string entry = Entries().Single();
        byte[] bytes = File.ReadAllBytes(entry);
        bytes[^1] ^= 1;
        File.WriteAllBytes(entry, bytes);
        folder.WriteImage("image.png", 21, 16, 6);
        Assert.That(
            () => cached.CopyTo(new byte[20 * 16]),
            Throws.TypeOf<DataException>().With.Message.Contains($"'{image}' changed its size"));
    }

    [Test]
    public void What_killed_writers_left_is_cleared_too()
    {
        Read(NewCache());
        File.WriteAllText($"{Entries().Single()}.0123456789abcdef{AtomicFile.TemporarySuffix}", "half");
        NewCache().Clear();
        Assert.That(Directory.GetFileSystemEntries(NewCache().Location), Is.Empty);
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows other means bar a directory.")]
    [UnsupportedOSPlatform("windows")]
    public void A_cache_that_may_not_be_listed_or_cleared_is_named()
    {
        DecodedImageCache cache = NewCache();
        Read(cache);
        string shard = Path.GetDirectoryName(Entries().Single())!;
        try
        {
            File.SetUnixFileMode(shard, UnixFileMode.None);
            Assume.That(() => Directory.GetFiles(shard), Throws.Exception, "root may read everything");
            Assert.That(() => cache.Measure(), Refused("listed"));
            File.SetUnixFileMode(shard, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.That(cache.Clear, Refused("cleared"));
        }
        finally
        {
            File.SetUnixFileMode(shard, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        IResolveConstraint Refused(string done) => Throws.TypeOf<IOException>().With.Message.Contains(
            $"'{cache.Location}' cannot be {done}").And.Message.EndsWith("check the permissions there.");
    }

    [Test]
    public void A_cache_directory_that_cannot_be_made_only_costs_time()
    {
        // A directory below a file cannot be made by anybody, not even by root.
        var cache = new DecodedImageCache(decoder, Path.Combine(image, "cache"));

        Assert.That(Read(cache), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(Read(cache), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(decoder.Decoded, Is.EqualTo(2));
    }

    [TestCase(7.9, 100, Description = "8 GB stay free,")]
    [TestCase(19, 1000, Description = "and a fiftieth of a large drive.")]
    public void A_drive_with_little_free_space_is_left_to_others(double free, double total)
    {
        var told = new List<string>();
        DecodedImageCache cache = NewCache(free, total, told.Add);
        string other = folder.WriteImage("other.png", 20, 16, 9);

        Assert.That(Read(cache), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(Read(cache, other), Is.EqualTo(DataFolder.Levels(20, 16, 9)));
        Assert.That(Entries(), Is.Empty);
        Assert.That(told, Has.Count.EqualTo(1).And.One.Contains($"'{folder.PathOf("cache")}', whose drive has"));
        Assert.That(told[0], Does.Contain("ILGPUCXR_HOME"));
    }

    [TestCase(8, 100)]
    [TestCase(20, 1000)]
    public void A_drive_with_its_reserve_is_used(double free, double total)
    {
        Read(NewCache(free, total, notice => Assert.Fail(notice)));
        Assert.That(Entries(), Has.Length.EqualTo(1));
    }

    [Test]
    public void The_drive_is_looked_at_again_as_it_fills()
    {
        int looks = 0, told = 0;
        var cache = new DecodedImageCache(new LargeImages(), folder.PathOf("cache"), _ => told++)
        {
            Space = _ => (looks++ == 0 ? Gigabytes(100) : Gigabytes(1), Gigabytes(200)),
        };
        for (int i = 0; i < 7; i++)
            cache.Open(folder.Write($"{i}.png", [1])).Dispose();

        Assert.That(looks, Is.EqualTo(2), "not at each image");
        Assert.That(told, Is.EqualTo(1));
        Assert.That(Entries(), Has.Length.EqualTo(4));
    }

    [Test]
    public void What_is_there_is_read_from_a_drive_with_little_free_space()
    {
        Read(NewCache());
        Assert.That(Read(NewCache(1, 100, _ => { })), Is.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(decoder.Decoded, Is.EqualTo(1));
    }

    [Test]
    public void The_drive_of_a_directory_is_found()
    {
        (long free, long total) = new DecodedImageCache(decoder, folder.Root).Space(folder.Root);
        Assert.That(free, Is.Positive.And.LessThanOrEqualTo(total));
    }

    [TestCase(28, ExpectedResult = true, Description = "ENOSPC.")]
    [TestCase(unchecked((int)0x80070070), ExpectedResult = true, Description = "ERROR_DISK_FULL.")]
    [TestCase(17, ExpectedResult = false, Description = "EEXIST.")]
    public bool A_full_disk_is_told_from_other_failures(int number) =>
        CachedImage.IsOutOfSpace(new IOException("", number));

    [Test]
    public void Many_threads_may_ask_for_the_same_image()
    {
        var read = new byte[64][];
        Parallel.For(0, read.Length, i => read[i] = Read(NewCache()));

        Assert.That(read, Is.All.EqualTo(DataFolder.Levels(20, 16, 5)));
        Assert.That(Entries(), Has.Length.EqualTo(1));
    }

    [Test]
    public void An_entry_may_be_replaced_while_it_is_read()
    {
        Read(NewCache());
        using CachedImage open = NewCache().Open(image);
        File.Delete(Entries().Single());
        Read(NewCache());

        var pixels = new byte[open.Size.Bytes];
        open.CopyTo(pixels);
        Assert.That(pixels, Is.EqualTo(DataFolder.Levels(20, 16, 5)));
    }

    [Test]
    public void An_unreadable_image_leaves_no_entry()
    {
        string broken = folder.Write("broken.png", [1, 2, 3]);

        Assert.That(() => NewCache().Open(broken), Throws.TypeOf<DataException>());
        Assert.That(
            () => NewCache().Open(folder.PathOf("missing.png")),
            Throws.TypeOf<DataException>().With.Message.Contains("missing.png"));
        Assert.That(Entries(), Is.Empty);
    }

    private static long Gigabytes(double number) => (long)(number * 1e9);

    // Whatever the drive is like on which the tests run.
    private DecodedImageCache NewCache(double free = 100, double total = 200, Action<string>? notify = null) =>
        new(decoder, folder.PathOf("cache"), notify) { Space = _ => (Gigabytes(free), Gigabytes(total)) };

    private string[] Entries() =>
        Directory.Exists(folder.PathOf("cache"))
        ? Directory.GetFiles(folder.PathOf("cache"), "*", SearchOption.AllDirectories)
        : [];

    private byte[] Read(DecodedImageCache cache, string? path = null)
    {
        using CachedImage opened = cache.Open(path ?? image);
        var pixels = new byte[opened.Size.Bytes];
        opened.CopyTo(pixels);
        return pixels;
    }

    /// <summary>64 MB each, so that five of them are worth another look at the drive.</summary>
    private sealed class LargeImages : IImageDecoder
    {
        private static readonly byte[] Pixels = new byte[8000 * 8000];

        public (ImageSize Size, byte[] Pixels) Decode(string path) => (new ImageSize(8000, 8000, 1), Pixels);
    }

    private sealed class CountingDecoder : IImageDecoder
    {
        private readonly VipsImageDecoder decoder = new();
        private int decoded;

        public int Decoded => decoded;

        public (ImageSize Size, byte[] Pixels) Decode(string path)
        {
            Interlocked.Increment(ref decoded);
            return decoder.Decode(path);
        }
    }
}
