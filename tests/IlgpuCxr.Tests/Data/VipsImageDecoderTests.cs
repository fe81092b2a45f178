using System.Buffers.Binary;
using System.Globalization;
using IlgpuCxr.Data;
using NetVips;
using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Data;

public sealed class VipsImageDecoderTests
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "pillow");

    private readonly VipsImageDecoder decoder = new();

    public static IEnumerable<string> Files() =>
        File.ReadLines(Path.Combine(Fixtures, "images.csv")).Skip(1).Select(line => line.Split(',')[0]);

    [TestCaseSource(nameof(Files))]
    public void Pixels_are_those_of_pillow(string name)
    {
        string[] cells = File.ReadLines(Path.Combine(Fixtures, "images.csv"))
            .Single(line => line.StartsWith(name + ",", StringComparison.Ordinal))
            .Split(',');
        int[] expected = [.. Convert.FromHexString(cells[3]).Select(level => (int)level)];

        (ImageSize size, byte[] pixels) = decoder.Decode(Path.Combine(Fixtures, "images", name));

        Assert.That(size.Width, Is.EqualTo(int.Parse(cells[1], CultureInfo.InvariantCulture)));
        Assert.That(size.Height, Is.EqualTo(int.Parse(cells[2], CultureInfo.InvariantCulture)));
        Assert.That(pixels, Has.Length.EqualTo(size.Bytes));
        int[] rgb = [.. Enumerable.Range(0, expected.Length).Select(i => (int)pixels[size.Channels == 1 ? i / 3 : i])];
        Assert.That(rgb, Is.EqualTo(expected).Within(name.EndsWith(".jpg", StringComparison.Ordinal) ? 2 : 0));
    }

    [TestCase("gray.png")]
    [TestCase("gray-alpha.png")]
    [TestCase("gray.jpg")]
    [TestCase("gray.tif")]
    [TestCase("gray.bmp")]
    public void Gray_stays_one_channel(string name) =>
        Assert.That(decoder.Decode(Path.Combine(Fixtures, "images", name)).Size.Channels, Is.EqualTo(1));

    [TestCase("deep.png", 1)]
    [TestCase("deep.tif", 1)]
    [TestCase("deep.png", 3)]
    public void Sixteen_bits_are_scaled_to_eight(string name, int channels)
    {
        using var folder = new DataFolder();
        ushort[] levels = [.. Enumerable.Range(0, 8 * 4 * channels).Select(i => (ushort)(i * 677))];
        using VipsImage memory = VipsImage.NewFromMemory(levels, 8, 4, channels, Enums.BandFormat.Ushort);
        using VipsImage image = memory.Copy(
            interpretation: channels == 1 ? Enums.Interpretation.Grey16 : Enums.Interpretation.Rgb16);

        (ImageSize size, byte[] pixels) = decoder.Decode(folder.WriteImage(name, image));

        Assert.That(size, Is.EqualTo(new ImageSize(8, 4, channels)));
        Assert.That(pixels, Is.EqualTo(levels.Select(level => (byte)(level >> 8))));
    }

    [TestCase("rgb.bmp", 24)]
    [TestCase("gray.bmp", 8)]
    public void A_bitmap_of_negative_height_begins_with_its_upper_row(string name, int bits)
    {
        using var folder = new DataFolder();
        string usual = Path.Combine(Fixtures, "images", name);
        (ImageSize size, byte[] pixels) = decoder.Decode(usual);
        byte[] file = File.ReadAllBytes(usual);
        int stride = (size.Width * bits + 31) / 32 * 4, first = file.Length - stride * size.Height;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), -size.Height);
        byte[] turned = [.. file[..first], .. file[first..].Chunk(stride).Reverse().SelectMany(row => row)];
        Assert.That(decoder.Decode(folder.Write("turned.bmp", turned)).Pixels, Is.EqualTo(pixels));
    }

    [TestCase(0xFF0000, 0x0000FF, true)]
    [TestCase(0x0000FF, 0xFF0000, false, Description = "Red and blue exchanged.")]
    public void A_bitmap_with_masks_is_read_where_they_are_the_usual_ones(int red, int blue, bool isRead)
    {
        using var folder = new DataFolder();
        string usual = Path.Combine(Fixtures, "images", "rgba.bmp");
        byte[] file = File.ReadAllBytes(usual), masks = new byte[3 * sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(masks, red);
        BinaryPrimitives.WriteInt32LittleEndian(masks.AsSpan(sizeof(int)), 0x00FF00);
        BinaryPrimitives.WriteInt32LittleEndian(masks.AsSpan(2 * sizeof(int)), blue);
        const int withMasks = 3, headers = 54;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), headers + masks.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(30), withMasks);
        string path = folder.Write("masks.bmp", [.. file[..headers], .. masks, .. file[headers..]]);
        if (isRead)
            Assert.That(decoder.Decode(path).Pixels, Is.EqualTo(decoder.Decode(usual).Pixels));
        else
            Assert.That(
                () => decoder.Decode(path),
                Throws.TypeOf<DataException>().With.Message.Contains("compression 3, which is not supported"));
    }

    [Test]
    public void Inks_become_red_green_and_blue()
    {
        using var folder = new DataFolder();
        using VipsImage gray = DataFolder.Gradient(40, 30), gradient = gray.Bandjoin(gray, gray);
        using VipsImage colour = gradient.Copy(interpretation: Enums.Interpretation.Srgb);
        using VipsImage inks = colour.Colourspace(Enums.Interpretation.Cmyk);
        (ImageSize size, byte[] pixels) = decoder.Decode(folder.WriteImage("inks.tif", inks));
        Assert.That(size, Is.EqualTo(new ImageSize(40, 30, 3)));
        // Few inks make so dark a gray: it comes back within some levels, not as how much ink there is.
        Assert.That(
            pixels.Select(level => (int)level),
            Is.EqualTo(DataFolder.Levels(40, 30, 0).SelectMany(level => Enumerable.Repeat((int)level, 3))).Within(40));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows links need a privilege.")]
    public void A_link_to_itself_is_an_unreadable_image()
    {
        using var folder = new DataFolder();
        string link = folder.PathOf("circle.png");
        File.CreateSymbolicLink(link, "circle.png");
        Assert.That(
            () => decoder.Decode(link),
            Throws.TypeOf<DataException>().With.Message.Contains("circle.png' cannot be read"));
    }

    [Test]
    public void A_name_with_brackets_is_a_name()
    {
        using var folder = new DataFolder();

        Assert.That(
            decoder.Decode(folder.WriteImage("scan[page=1].png")).Pixels, Is.EqualTo(DataFolder.Levels(20, 16, 0)));
    }

    [TestCase(".png")]
    [TestCase(".jpg")]
    [TestCase(".tif")]
    [TestCase(".webp")]
    [TestCase(".bmp")]
    public void A_truncated_file_is_refused_by_name(string extension)
    {
        using var folder = new DataFolder();
        byte[] whole = extension == ".bmp"
            ? File.ReadAllBytes(Path.Combine(Fixtures, "images", "rgb.bmp"))
            : File.ReadAllBytes(folder.WriteImage("whole" + extension, 200, 150));
        foreach (double part in new[] { 0.01, 0.3, 0.6, 0.9 })
        {
            string path = folder.Write($"cut{extension}", whole[..(int)(whole.Length * part)]);
            Assert.That(
                () => decoder.Decode(path), Throws.TypeOf<DataException>().With.Message.Contains(path), $"{part}");
        }
    }

    [TestCase("gray.tif", 0.6, 0.9, 0.99)]
    [TestCase("palette.tif", 0.3, 0.6, 0.99)]
    [TestCase("bilevel.tif", 0.9, 0.99)]
    public void A_truncated_TIFF_is_refused_whose_directory_is_whole(string name, params double[] parts)
    {
        using var folder = new DataFolder();
        byte[] whole = File.ReadAllBytes(Path.Combine(Fixtures, "images", name));
        foreach (double part in parts)
        {
            string path = folder.Write(name, whole[..(int)(whole.Length * part)]);
            Assert.That(
                () => decoder.Decode(path),
                Throws.TypeOf<DataException>().With.Message.Contains(path).And.Message.Not.Contains("\n"), $"{part}");
        }
    }

    [Test]
    public void A_damaged_TIFF_is_refused_with_the_first_of_its_errors()
    {
        using var folder = new DataFolder();
        using VipsImage image = DataFolder.Gradient(200, 150);
        byte[] file = image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Lzw);
        file.AsSpan(file.Length / 4, 200).Fill(0xff);
        string path = folder.Write("damaged.tif", file);
        Assert.That(
            () => decoder.Decode(path), Throws.TypeOf<DataException>().With.Message.Match(@"\(tiff2vips: [^\n]+\)"));
    }

    [TestCase(Enums.ForeignTiffCompression.Jpeg)]
    [TestCase(Enums.ForeignTiffCompression.Lzw)]
    [TestCase(Enums.ForeignTiffCompression.Deflate)]
    [TestCase(Enums.ForeignTiffCompression.Packbits)]
    [TestCase(Enums.ForeignTiffCompression.Ccittfax4)]
    public void A_TIFF_is_read_whatever_its_compression(Enums.ForeignTiffCompression compression)
    {
        using var folder = new DataFolder();
        using VipsImage gray = DataFolder.Gradient(40, 30);
        using VipsImage bilevel = gray > 48;
        bool isFax = compression == Enums.ForeignTiffCompression.Ccittfax4;
        byte[] file = (isFax ? bilevel : gray).TiffsaveBuffer(compression: compression, bitdepth: isFax ? 1 : null);

        byte[] pixels = decoder.Decode(folder.Write("whole.tif", file)).Pixels;

        byte[] levels = DataFolder.Levels(40, 30, 0);
        byte[] expected = isFax ? [.. levels.Select(level => level > 48 ? byte.MaxValue : byte.MinValue)] : levels;
        Assert.That(pixels, Is.EqualTo(expected).Within(compression == Enums.ForeignTiffCompression.Jpeg ? 4 : 0));
    }

    [TestCase("BM and then nothing of a bitmap, although it is long enough for a header")]
    [TestCase("not an image")]
    [TestCase("")]
    public void What_is_no_image_is_refused_by_name(string contents)
    {
        using var folder = new DataFolder();
        string path = folder.Write("image.png", System.Text.Encoding.ASCII.GetBytes(contents));

        Assert.That(() => decoder.Decode(path), Throws.TypeOf<DataException>().With.Message.Contains(path));
    }

    [TestCase(
        "3C73766720786D6C6E733D22687474703A2F2F7777772E77332E6F72672F323030302F737667222077696474683D223822206865696768743D2238222F3E",
        Description = "An empty SVG")]
    [TestCase(
        "47494638396101000100800000000000FFFFFF21F90401000000002C00000000010001000002024401003B",
        Description = "A GIF of one pixel")]
    public void Formats_that_only_libvips_knows_are_refused(string contents)
    {
        using var folder = new DataFolder();
        string path = folder.Write("image.png", Convert.FromHexString(contents));

        Assert.That(
            () => decoder.Decode(path),
            Throws.TypeOf<DataException>().With.Message.Contains("it is no PNG, JPEG, TIFF, WebP or BMP image"));
    }

    [Test]
    public void A_file_that_memory_may_not_hold_is_refused()
    {
        using var folder = new DataFolder();
        string path = folder.Write("long.png", []);
        using (FileStream file = File.OpenWrite(path))
            file.SetLength((1L << 30) + 1);

        Assert.That(
            () => decoder.Decode(path), Throws.TypeOf<DataException>().With.Message.Contains("1073741825 bytes"));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "Windows has no such device.")]
    public void A_device_is_refused() =>
        Assert.That(
            () => decoder.Decode("/dev/zero"),
            Throws.TypeOf<DataException>().With.Message.Contains("/dev/zero").And.Message.Contains("a device"));

    [Test]
    public void Each_of_many_failures_has_its_own_reason()
    {
        using var folder = new DataFolder();
        string[] files = [.. Enumerable.Range(0, 8).SelectMany(i => new[]
        {
            Cut(folder, $"{i}.jpg"), Cut(folder, $"{i}.png"), folder.WriteImage($"{i}.webp"),
            folder.Write($"text{i}.png", "not an image"u8.ToArray()),
        })];
        string?[] alone = [.. files.Select(ReasonOf)];
        for (int round = 0; round < 20; round++)
        {
            var among = new string?[files.Length];
            Parallel.For(
                0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 },
                i => among[i] = ReasonOf(files[i]));
            foreach ((string? expected, string? actual) in alone.Zip(among))
                Assert.That(actual, Is.EqualTo(expected));
        }
        Assert.That(alone[0], Does.Contain("premature end of JPEG image"));
        Assert.That(alone[3], Does.Contain("it is no PNG, JPEG, TIFF, WebP or BMP image"));

        string? ReasonOf(string path)
        {
            try
            {
                // Each with a decoder of its own: the library behind them is one.
                new VipsImageDecoder().Decode(path);
                return null;
            }
            catch (DataException exception)
            {
                return exception.Message;
            }
        }

        static string Cut(DataFolder folder, string name)
        {
            byte[] whole = File.ReadAllBytes(folder.WriteImage(name, 200, 150));
            return folder.Write(name, whole[..(whole.Length * 2 / 3)]);
        }
    }

    [Test]
    public void A_missing_file_is_refused_by_name() =>
        Assert.That(
            () => decoder.Decode("nowhere.png"), Throws.TypeOf<DataException>().With.Message.Contains("nowhere.png"));

    [Test]
    public void Floating_point_pixels_are_refused_with_a_remedy()
    {
        using var folder = new DataFolder();
        using VipsImage image = VipsImage.NewFromMemory(new float[12], 4, 3, 1, Enums.BandFormat.Float);

        Assert.That(
            () => decoder.Decode(folder.WriteImage("float.tif", image)),
            Throws.TypeOf<DataException>().With.Message.Contains("8 or 16 bits"));
    }

    [Test]
    public void A_side_longer_than_a_transform_takes_is_refused()
    {
        using var folder = new DataFolder();

        Assert.That(
            () => decoder.Decode(folder.WriteImage("long.png", 16385, 1)),
            Throws.TypeOf<DataException>().With.Message.Contains("16384"));
    }
}
