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

    /// <summary>What becomes of a sum with its addend, at an offset of the tensor, before it is written.</summary>
    float Finish(float sum, int offset);

    /// <inheritdoc cref="Finish(float, int)"/>
    Float2 Finish(Float2 sum, int offset);

    /// <inheritdoc cref="Finish(float, int)"/>
    Float4 Finish(Float4 sum, int offset);
}

/// <summary>A dense matrix, and a vector over its columns to add or none: the output with its bias and ReLU, or the gradient of the weights.</summary>
internal readonly struct MatrixResult(ArrayView<float> view, int columns, ArrayView<float> bias, bool relu) : ITiledResult
{
    private readonly int columns = columns, hasBias = bias.Length > 0 ? 1 : 0, rectifies = relu ? 1 : 0;

    public ArrayView<float> View { get; } = view;

    // Without a bias any memory will do, since nothing is read from it; OpenCL accepts no empty argument inside a structure.
    public ArrayView<float> Addend { get; } = bias.Length > 0 ? bias : view;

    public int Offset(int row) => row * columns;

    public int AddendOffset(int rowOffset, int column) => hasBias != 0 ? column : TiledAnchor.Outside;

    public float Finish(float sum, int offset) => rectifies != 0 & sum <= 0 ? 0 : sum;

    public Float2 Finish(Float2 sum, int offset) => rectifies != 0 ? Float2.Masked(sum, sum) : sum;

    public Float4 Finish(Float4 sum, int offset) => rectifies != 0 ? Float4.Masked(sum, sum) : sum;
}

/// <summary>The input's gradient at the pixels of one phase, added to what is there or not, 0 where the ReLU in front gave 0.</summary>
internal readonly struct GradInputResult(
    ArrayView<float> gradInput, ConvolutionShape shape, TiledPhase phase, bool accumulate, ArrayView<float> activation) : ITiledResult
{
    // As MatrixResult.Addend: any memory will do where nothing is read.
    private readonly ArrayView<float> activation = activation.Length > 0 ? activation : gradInput;
    private readonly int masks = activation.Length > 0 ? 1 : 0;
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

    public float Finish(float sum, int offset) => masks != 0 && activation[offset] <= 0 ? 0 : sum;

    public Float2 Finish(Float2 sum, int offset) => masks != 0 ? Float2.Masked(sum, activation.Cast<Float2>()[offset >> 1]) : sum;

    public Float4 Finish(Float4 sum, int offset) => masks != 0 ? Float4.Masked(sum, activation.Cast<Float4>()[offset >> 2]) : sum;
}
