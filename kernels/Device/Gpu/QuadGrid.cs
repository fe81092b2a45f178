namespace IlgpuCxr.Kernels.Device;

/// <summary>Takes a thread's index apart where each thread has four channels of a pixel.</summary>
/// <param name="rows">Rows of an image.</param>
/// <param name="columns">Columns of an image.</param>
/// <param name="channels">Channels, a multiple of 4.</param>
internal readonly struct QuadGrid(int rows, int columns, int channels)
{
    private readonly FastDivisor byQuads = new(channels / 4), byColumns = new(columns), byRows = new(rows);

    /// <summary>Quads of channels.</summary>
    public int Quads => byQuads.Divisor;

    /// <summary>
    /// The image, row, column and quad of <c>index = ((n · rows + row) · columns + column) · Quads + quad</c>.
    /// </summary>
    public int Divide(int index, out int row, out int column, out int quad) =>
        byRows.Divide(byColumns.Divide(byQuads.Divide(index, out quad), out column), out row);
}
