using NetVips;
using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Data;

/// <summary>A folder of images that a test makes, gone afterwards.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("ilgpucxr-data-").FullName;

    public string PathOf(params string[] names) => Path.Combine([Root, .. names]);

    /// <summary>Writes a file, and the directories above it.</summary>
    public string Write(string name, byte[] bytes)
    {
        string path = PathOf(name.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes a gray image whose levels begin with <paramref name="seed"/>.</summary>
    public string WriteImage(string name, int width = 20, int height = 16, int seed = 0)
    {
        using VipsImage image = Gradient(width, height, seed);
        return WriteImage(name, image);
    }

    /// <summary>Writes an image in the format that the name's extension names.</summary>
    public string WriteImage(string name, VipsImage image) => Write(name, Path.GetExtension(name) switch
    {
        // Not WriteToBuffer, which finds these by itself: it keeps libvips from noting errors meanwhile, those of tests
        // that run beside this one too.
        ".png" => image.PngsaveBuffer(),
        ".jpg" => image.JpegsaveBuffer(),
        ".tif" => image.TiffsaveBuffer(),
        ".webp" => image.WebpsaveBuffer(),
        string other =>
            throw new ArgumentException(
                $"Images with the extension '{other}' are not written; use .png, .jpg, .tif or .webp.", nameof(name)),
    });

    /// <summary>A smooth gray image.</summary>
    public static VipsImage Gradient(int width, int height, int seed = 0) =>
        VipsImage.NewFromMemory(Levels(width, height, seed), width, height, 1, Enums.BandFormat.Uchar);

    /// <summary>The levels of <see cref="Gradient"/>.</summary>
    public static byte[] Levels(int width, int height, int seed) =>
        [.. Enumerable.Range(0, width * height).Select(i => (byte)(seed + i % width + 2 * (i / width)))];

    /// <summary>The splits and classes that training needs, with so many images in each class.</summary>
    public static DataFolder Complete(int imagesAClass = 3)
    {
        var folder = new DataFolder();
        int seed = 0;
        foreach (string split in new[] { "train", "validation", "test" })
        {
            foreach (string name in new[] { "infected", "normal" })
            {
                for (int i = 0; i < imagesAClass; i++)
                    folder.WriteImage($"{split}/{name}/{i}.png", 20 + i, 16 + 2 * i, seed += 7);
            }
        }
        return folder;
    }

    /// <summary>
    /// The study's Part 2: splits with its directories, so many images in each class, and four of unknown class.
    /// </summary>
    public static DataFolder CompletePart2(int imagesAClass = 3)
    {
        var folder = new DataFolder();
        int seed = 0;
        foreach (string directory in new[] { "Train/covid-19", "Train/normal", "Train/pneumonia", "Validation/covid", "Validation/normal", "Validation/pneumonia" })
        {
            for (int i = 0; i < imagesAClass; i++)
                folder.WriteImage($"{directory}/{i}.png", 40 + i, 36 + 2 * i, seed += 7);
        }
        foreach (int number in new[] { 10, 0, 11, 1 })
            folder.WriteImage($"Test/{number}.png", 40, 40, seed += 7);
        return folder;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
