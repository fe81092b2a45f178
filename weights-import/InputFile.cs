using Microsoft.Win32.SafeHandles;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// An open file, read from wherever its bytes are wanted; every failure is a <see cref="WeightFormatException"/>.
/// </summary>
internal sealed class InputFile : IDisposable
{
    private readonly SafeFileHandle handle;

    public InputFile(string path)
    {
        Path = path;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            try
            {
                // What cannot be read from anywhere has none to tell.
                Length = RandomAccess.GetLength(handle);
            }
            catch
            {
                handle.Dispose();
                throw;
            }
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

    /// <summary>Where it is, as it was named.</summary>
    public string Path { get; }

    /// <summary>Its bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int count = RandomAccess.Read(handle, destination, offset);
                if (count == 0)
                    throw new WeightFormatException(Path, "ends before its data does", "copy or download it again");
                offset += count;
                destination = destination[count..];
            }
        }
        catch (IOException e)
        {
            throw new WeightFormatException(
                Path, $"cannot be read ({e.Message.TrimEnd('.')})", "check the disk or copy it again", e);
        }
    }

    public void Dispose() => handle.Dispose();
}
