using IlgpuCxr.WeightsImport;
using NetVips;

namespace IlgpuCxr.Data;

/// <summary>
/// Decodes with <see href="https://www.libvips.org">libvips</see>, and bitmaps with <see cref="BmpFile"/>; the only
/// file that reads with libvips.
/// </summary>
/// <remarks>
/// Pixels as <c>Image.open(path).convert('RGB')</c> of the Python Imaging Library gives them: palettes are looked up,
/// alpha is dropped, the orientation that a camera noted is not applied. Three differences: gray stays one channel,
/// which becomes three equal ones on the device, and 16-bit pixels are scaled to 8 bits, which the Python Imaging
/// Library clips. CMYK is converted by libvips' colour profile.
/// </remarks>
public sealed class VipsImageDecoder : IImageDecoder
{
    // libvips has one text of errors for all threads, whichever decoder they use, so why an image cannot be read is
    // only certain while no other is. Of the two kinds of such locks this is the one that nobody has to dispose of.
    private static readonly ReaderWriterLock Errors = new();

    // libvips reads more formats than are asked for, among them programs that draw an image: a few lines of SVG keep it
    // busy for minutes. "Uhdr" are JPEGs with a second image for brighter screens.
    private static readonly string[] Loaders =
        [
            "VipsForeignLoadPngBuffer", "VipsForeignLoadJpegBuffer", "VipsForeignLoadUhdrBuffer",
            "VipsForeignLoadTiffBuffer", "VipsForeignLoadWebpBuffer"];

    // The largest image without compression has 768 MB in 8-bit colours and 512 MB in 16-bit gray; whole files are in
    // memory, as many as there are threads.
    private const long LongestFile = 1 << 30;

    // ELOOP: what a name stands for is never found.
    private const int LinksInCircleOnLinux = 40, LinksInCircleOnMacOS = 62;

    static VipsImageDecoder()
    {
        // One thread an image: many images are decoded at once.
        NetVips.NetVips.Concurrency = 1;
        // libvips keeps results of operations in case that they are asked for again, which no image is.
        Cache.Max = 0;
        // What libvips has to say about an image is in the exception; on the console it would be told each epoch.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, (_, _, _) => { });
    }

    /// <inheritdoc/>
    public (ImageSize Size, byte[] Pixels) Decode(string path)
    {
        try
        {
            // libvips would read square brackets in a file's name as options; from memory it never sees the name.
            byte[] file = Read(path);
            return BmpFile.IsBmp(file) ? BmpFile.Decode(file) : DecodeAmongOthers(file) ?? DecodeAlone(file);
        }
        // Any other failure to read, such as too many open files, is the system's and not the image's: to leave images
        // out for that would change the results.
        catch (Exception exception) when (exception
            is VipsException or InvalidDataException or FileNotFoundException or DirectoryNotFoundException
                or EndOfStreamException or UnauthorizedAccessException
                or IOException { HResult: LinksInCircleOnLinux or LinksInCircleOnMacOS })
        {
            throw new DataException(
                $"The image '{path}' cannot be read ({Reason(exception)}); replace or remove it.", exception);
        }
        catch (IOException exception)
        {
            throw new IOException(
                $"The system cannot read the image '{path}' ({exception.Message.Split(" : '")[0].TrimEnd('.')}); check the disk and the limit of open files, of which a batch needs one for each image.",
                exception);
        }
    }

    private static byte[] Read(string path) => Links.FileOf(path).Length switch
    {
        // Devices and pipes have no length, and reading them may never end.
        0 => throw new InvalidDataException("it is empty, or no file but a device or a pipe"),
        > LongestFile and long length =>
            throw new InvalidDataException($"it has {length} bytes, and at most {LongestFile} are supported"),
        _ => File.ReadAllBytes(path),
    };

    /// <summary>Decodes while others do; null where that fails.</summary>
    private static (ImageSize Size, byte[] Pixels)? DecodeAmongOthers(byte[] file)
    {
        Errors.AcquireReaderLock(Timeout.Infinite);
        try
        {
            return Decode(file);
        }
        catch (VipsException)
        {
            return null;
        }
        finally
        {
            Errors.ReleaseReaderLock();
        }
    }

    /// <summary>Decodes while no other does, so that the exception tells this image's error.</summary>
    private static (ImageSize Size, byte[] Pixels) DecodeAlone(byte[] file)
    {
        Errors.AcquireWriterLock(Timeout.Infinite);
        try
        {
            // An exception takes the text of errors with it: what others left there is gone.
            _ = new VipsException("");
            return Decode(file);
        }
        finally
        {
            Errors.ReleaseWriterLock();
        }
    }

    private static (ImageSize Size, byte[] Pixels) Decode(byte[] file)
    {
        if (!Loaders.Contains(Image.FindLoadBuffer(file)))
            throw new InvalidDataException("it is no PNG, JPEG, TIFF, WebP or BMP image");
        // The TIFF loader takes FailOn.Truncated for leave to pass over what it cannot read, and leaves it black.
        using Image encoded = Image.NewFromBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
        const int longest = Kernels.Image.ImageTransformParameters.MaximumSide;
        if (Math.Max(encoded.Width, encoded.Height) > longest)
            throw new InvalidDataException(
                $"it has {encoded.Width}x{encoded.Height} pixels, and at most {longest} on a side are supported");
        using Image colour = InRgbOrGray(encoded);
        using Image channels = colour.Bands < 3 ? colour[0] : colour.ExtractBand(0, 3);
        using Image bytes = InBytes(channels);
        return (new ImageSize(bytes.Width, bytes.Height, bytes.Bands), bytes.WriteToMemory<byte>());
    }

    private static Image InRgbOrGray(Image image) =>
        image.Interpretation is Enums.Interpretation.Cmyk or Enums.Interpretation.Lab or Enums.Interpretation.Labs
        or Enums.Interpretation.Xyz
            ? image.Colourspace(Enums.Interpretation.Srgb)
            : image.Copy();

    private static Image InBytes(Image image) => image.Format switch
    {
        Enums.BandFormat.Uchar => image.Copy(),
        Enums.BandFormat.Ushort => image.Cast(Enums.BandFormat.Uchar, shift: true),
        _ =>
            throw new InvalidDataException(
                $"its pixels are of type {image.Format}, and 8 or 16 bits a channel are supported"),
    };

    // Of libvips' exceptions the first line is what was called, and the second what went wrong, where it says so; the
    // others are what came of that, and may be hundreds.
    private static string Reason(Exception exception) => exception is not VipsException
        ? exception.Message
        : exception.Message.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [_, string cause, ..]
            ? cause
            : "it is truncated or damaged";
}
