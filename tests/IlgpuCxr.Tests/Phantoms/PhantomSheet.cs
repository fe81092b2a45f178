using IlgpuCxr.Data;
using IlgpuCxr.Phantoms;

namespace IlgpuCxr.Tests.Phantoms;

/// <summary>A contact sheet: many phantoms in one picture, one class after the other.</summary>
internal static class PhantomSheet
{
    private const int Gap = 2;

    /// <summary>Writes a PNG with a block of rows for each class: normal, pneumonia, COVID-19.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Images in a row.</param>
    /// <param name="rowsPerClass">Rows for each class.</param>
    /// <param name="size">Width and height of each image.</param>
    /// <param name="seed">The data set, of which the first training images are shown.</param>
    /// <param name="difficulty">See <see cref="Phantom.Draw"/>.</param>
    public static void Write(
        string path, int columns, int rowsPerClass, int size, ulong seed, double difficulty)
    {
        PhantomClass[] classes = Enum.GetValues<PhantomClass>();
        int width = (columns * (size + Gap)) - Gap;
        int height = (classes.Length * rowsPerClass * (size + Gap)) - Gap;
        var sheet = new byte[width * height];
        Parallel.For(0, classes.Length * rowsPerClass * columns, cell =>
        {
            (int row, int column) = Math.DivRem(cell, columns);
            (int label, int rowInClass) = Math.DivRem(row, rowsPerClass);
            byte[] image = Phantom.Draw(
                seed, PhantomSplit.Train, classes[label], (rowInClass * columns) + column, size, difficulty);
            int corner = (row * (size + Gap) * width) + (column * (size + Gap));
            for (int line = 0; line < size; line++)
                image.AsSpan(line * size, size).CopyTo(sheet.AsSpan(corner + (line * width)));
        });
        AtomicFile.Write(path, PngFile.Encode(sheet, new ImageSize(width, height, 1)));
    }
}
