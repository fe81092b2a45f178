using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Where a matrix product's result goes, and what is added to it.</summary>
internal interface ITiledResult
{
    /// <summary>The tensor.</summary>
    ArrayView<float> View { get; }

    /// <summary>What is added to the result.</summary>
    ArrayView<float> Addend { get; }

    /// <summary>The offset of a row's first element; its columns follow one another.</summary>
    int Offset(int row);

    /// <summary>The offset of what is added to an element of the row with this <see cref="Offset"/>, or <see cref="TiledAnchor.Outside"/> for nothing.</summary>
    int AddendOffset(int rowOffset, int column);
}

/// <summary>A dense matrix, and a vector over its columns to add or none: the output with its bias, or the gradient of the weights.</summary>
internal readonly struct MatrixResult(ArrayView<float> view, int columns, ArrayView<float> bias) : ITiledResult
{
    private readonly int columns = columns, hasBias = bias.Length > 0 ? 1 : 0;

    public ArrayView<float> View { get; } = view;

    // Without a bias any memory will do, since nothing is read from it; OpenCL accepts no empty argument inside a structure.
    public ArrayView<float> Addend { get; } = bias.Length > 0 ? bias : view;

    public int Offset(int row) => row * columns;

    public int AddendOffset(int rowOffset, int column) => hasBias != 0 ? column : TiledAnchor.Outside;
}

/// <summary>The input's gradient at the pixels of one phase, added to what is there or not.</summary>
internal readonly struct GradInputResult(ArrayView<float> gradInput, ConvolutionShape shape, TiledPhase phase, bool accumulate) : ITiledResult
{
    private readonly int height = shape.H, width = shape.W, channels = shape.C, stride = shape.Stride;
    private readonly int firstH = phase.FirstH, firstW = phase.FirstW, accumulates = accumulate ? 1 : 0;
    private readonly FastDivisor byRows = new(phase.Rows), byColumns = new(phase.Columns);

    public ArrayView<float> View { get; } = gradInput;

    public ArrayView<float> Addend => View;

    public int Offset(int row)
    {
        int n = byRows.Divide(byColumns.Divide(row, out int column), out int phaseRow);
        return ((n * height + firstH + phaseRow * stride) * width + firstW + column * stride) * channels;
    }

    public int AddendOffset(int rowOffset, int column) => accumulates != 0 ? rowOffset + column : TiledAnchor.Outside;
}
