using Microsoft.Win32.SafeHandles;

namespace IlgpuCxr.WeightsImport;

/// <summary>Opens, reads and replaces files; every failure is a <see cref="WeightFormatException"/>.</summary>
internal static class FileBytes
{
    public static SafeFileHandle Open(string path)
    {
        try
        {
            return OpenSeekable(path);
        }
        catch (NotSupportedException e)
        {
            throw new WeightFormatException(
                path, "is a pipe, and tensors are read from wherever they lie", "save it as a file first", e);
        }
        catch (UnauthorizedAccessException e) when (Directory.Exists(path))
        {
            throw new WeightFormatException(path, "is a directory", "name a file in it", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new WeightFormatException(path, "there is no such file", "check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new WeightFormatException(
                path, $"cannot be opened ({e.Message.TrimEnd('.')})", "check that it is a readable file", e);
        }
    }

    private static SafeFileHandle OpenSeekable(string path)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            // Of what cannot be read from anywhere it has no length to tell.
            _ = RandomAccess.GetLength(file);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static void ReadExactly(string path, SafeFileHandle file, long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int count = RandomAccess.Read(file, destination, offset);
                if (count == 0)
                    throw new WeightFormatException(path, "ends before its data does", "copy or download it again");
                offset += count;
                destination = destination[count..];
            }
        }
        catch (IOException e)
        {
            throw new WeightFormatException(
                path, $"cannot be read ({e.Message.TrimEnd('.')})", "check the disk or copy it again", e);
        }
    }

    /// <summary>
    /// Writes a whole file or nothing: the bytes go to a temporary file beside it, which takes its name only when
    /// they are on the disk, so that neither an error nor a power cut leaves half a file or loses the one before.
    /// </summary>
    public static void Replace(string path, Action<Stream> write)
    {
        try
        {
            // Where a link stands, it is the file that it names which is written.
            ReplaceFile(
                new FileInfo(path).LinkTarget is null
                    ? path
                    : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName,
                write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new WeightFormatException(
                path, $"cannot be written ({e.Message.TrimEnd('.')})", "check the folder and the free space", e);
        }
    }

    private static void ReplaceFile(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            DeleteIfPresent(temporary);
        }
    }

    // What is left after a failed write must not hide why it failed.
    private static void DeleteIfPresent(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
        }
    }
}
