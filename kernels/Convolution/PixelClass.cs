namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The input pixels at one row and column modulo the stride: in backward-data they share their taps.</summary>
/// <remarks>
/// Input row <c>h</c> went into output row <c>p</c> through kernel row <c>r</c> where <c>h + padding - r = p · stride</c>, so only every
/// <c>stride</c>-th kernel row can reach it, counted from <c>(h + padding) mod stride</c>.
/// </remarks>
internal readonly struct PixelClass
{
    /// <summary>The pixels with <c>h mod stride = row</c> and <c>w mod stride = column</c>.</summary>
    public PixelClass(int row, int column, in ConvolutionShape shape)
    {
        (Row, Column) = (row, column);
        Height = TileGrid.DivideUp(shape.H - row, shape.Stride);
        Width = TileGrid.DivideUp(shape.W - column, shape.Stride);
        Count = shape.N * Height * Width;
        FirstR = (row + shape.Padding) % shape.Stride;
        FirstS = (column + shape.Padding) % shape.Stride;
        TapRows = Math.Max(0, TileGrid.DivideUp(shape.R - FirstR, shape.Stride));
        TapColumns = Math.Max(0, TileGrid.DivideUp(shape.S - FirstS, shape.Stride));
    }

    /// <summary>First row of the class.</summary>
    public int Row { get; }

    /// <summary>First column of the class.</summary>
    public int Column { get; }

    /// <summary>Rows of the class in an image.</summary>
    public int Height { get; }

    /// <summary>Columns of the class in an image.</summary>
    public int Width { get; }

    /// <summary>Pixels of the class in the batch.</summary>
    public int Count { get; }

    /// <summary>The first kernel row that reaches the class.</summary>
    public int FirstR { get; }

    /// <summary>The first kernel column that reaches the class.</summary>
    public int FirstS { get; }

    /// <summary>Kernel rows that reach the class.</summary>
    public int TapRows { get; }

    /// <summary>Kernel columns that reach the class.</summary>
    public int TapColumns { get; }

    /// <summary>Taps that reach the class.</summary>
    public int Taps => TapRows * TapColumns;
}
