using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using IlgpuCxr.WeightsImport;
using Microsoft.Win32.SafeHandles;

namespace IlgpuCxr.Data;

/// <summary>A decoded image, in memory or in its entry of the cache.</summary>
public sealed class CachedImage : IDisposable
{
    // ENOSPC, EDQUOT where a user's share is used up, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private const int NoSpace = 28, NoShareOnLinux = 122, NoShareOnMacOS = 69;
    private const int DiskFull = unchecked((int)0x80070070), HandleDiskFull = unchecked((int)0x80070027);

    private readonly byte[]? pixels;
    private readonly SafeFileHandle? entry;
    private readonly Header header;
    private readonly string? source;
    private readonly Func<(ImageSize Size, byte[] Pixels)>? decodeAgain;

    internal CachedImage(ImageSize size, byte[] pixels)
    {
        Size = size;
        this.pixels = pixels;
    }

    private CachedImage(
        SafeFileHandle entry, in Header header, string source, Func<(ImageSize Size, byte[] Pixels)> decodeAgain)
    {
        Size = header.Size;
        this.source = source;
        this.entry = entry;
        this.header = header;
        this.decodeAgain = decodeAgain;
    }

    /// <summary>The image's extents.</summary>
    public ImageSize Size { get; }

    /// <summary>Reads the image's bytes.</summary>
    /// <param name="destination"><c>[H, W, C]</c>; what is longer keeps its end.</param>
    /// <exception cref="DataException">The entry is damaged, and the image cannot be decoded again.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The image has more bytes than there is room for.</exception>
    public void CopyTo(Span<byte> destination)
    {
        destination = destination[..Size.Bytes];
        if (pixels is not null)
            pixels.CopyTo(destination);
        else if (!TryRead(entry!, destination, Header.Bytes) || Checksum(destination) != header.PixelChecksum)
            CopyAgain(destination);
    }

    /// <inheritdoc/>
    public void Dispose() => entry?.Dispose();

    /// <summary>Opens an entry, if there is one with a valid header.</summary>
    /// <param name="path">The entry.</param>
    /// <param name="source">The image file, for messages.</param>
    /// <param name="decodeAgain">Decodes the image file.</param>
    /// <param name="image">The image; null where there is no such entry.</param>
    internal static bool TryOpen(
        string path, string source, Func<(ImageSize Size, byte[] Pixels)> decodeAgain,
        [NotNullWhen(true)] out CachedImage? image)
    {
        image = null;
        if (!File.Exists(path))
            return false;
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            Header header = default;
            bool valid = TryRead(handle, MemoryMarshal.AsBytes(new Span<Header>(ref header)), 0)
                && header.IsValid && RandomAccess.GetLength(handle) == Header.Bytes + header.Size.Bytes;
            if (valid)
                image = new CachedImage(handle, header, source, decodeAgain);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An entry that cannot be read is as good as none.
        }
        if (image is null)
            handle?.Dispose();
        return image is not null;
    }

    /// <summary>Writes an entry; without effect where that is not possible.</summary>
    /// <returns>Whether another may be tried: false where the disk is full.</returns>
    internal static bool TryStore(string path, ImageSize size, byte[] pixels)
    {
        var header = new Header(size, Checksum(pixels));
        try
        {
            // Its checksums tell what a power failure left of it; to wait for the disk would cost more than to decode
            // again.
            OutputFile.Replace(path, file =>
            {
                file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Header>(in header)));
                file.Write(pixels);
            });
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The image is decoded again when it is needed.
            return !IsOutOfSpace(exception);
        }
    }

    /// <summary>Whether a write failed because the disk, or the user's share of it, is full.</summary>
    internal static bool IsOutOfSpace(Exception failure) => failure
        is IOException { HResult: NoSpace or NoShareOnLinux or NoShareOnMacOS or DiskFull or HandleDiskFull };

    private void CopyAgain(Span<byte> destination)
    {
        (ImageSize size, byte[] decoded) = decodeAgain!();
        if (size != Size)
            throw new DataException(
                $"The image '{source}' changed its size while it was read; leave the data as it is during a run and start again.");
        decoded.CopyTo(destination);
    }

    private static bool TryRead(SafeFileHandle file, Span<byte> destination, long position)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int read = RandomAccess.Read(file, destination, position);
                if (read == 0)
                    return false;
                destination = destination[read..];
                position += read;
            }
            return true;
        }
        catch (IOException)
        {
            // A disk that cannot read an entry is no reason not to decode the image.
            return false;
        }
    }

    /// <summary>CRC-32C, which processors compute at several bytes a cycle.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            checksum = BitOperations.Crc32C(checksum, word);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            checksum = BitOperations.Crc32C(checksum, rest);
        return checksum;
    }

    /// <summary>The first bytes of an entry; the pixels follow.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private readonly struct Header
    {
        // "cxr-u8", then the format's version. Entries of version 1 may be of damaged TIFFs, black where data was
        // missing.
        private const ulong CurrentFormat = 0x0002_38752D727863;

        private readonly ulong format;
        private readonly int width;
        private readonly int height;
        private readonly int channels;
        private readonly uint headerChecksum;

        public Header(ImageSize size, uint pixelChecksum)
        {
            format = CurrentFormat;
            (width, height, channels) = (size.Width, size.Height, size.Channels);
            PixelChecksum = pixelChecksum;
            headerChecksum = ComputeHeaderChecksum();
        }

        public static int Bytes => Marshal.SizeOf<Header>();

        public uint PixelChecksum { get; }

        public ImageSize Size => new(width, height, channels);

        /// <summary>
        /// An entry may be damaged: a file may have its full length but not its contents after a loss of power.
        /// </summary>
        public bool IsValid => format == CurrentFormat && headerChecksum == ComputeHeaderChecksum();

        private uint ComputeHeaderChecksum() =>
            Checksum(MemoryMarshal.AsBytes<int>([width, height, channels, (int)PixelChecksum]));
    }
}
