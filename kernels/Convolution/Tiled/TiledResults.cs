using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Where a matrix product's result goes, what is added to it, and what becomes of it before it is written: the GPU's
/// <see cref="Epilogue"/>.
/// </summary>
internal interface ITiledResult
{
    /// <summary>Whether what is added is what the tensor holds, else a vector in single precision.</summary>
    static abstract bool AddsToResult { get; }

    /// <summary>Whether statistics of each block tile's rows are wanted (<see cref="TileStatistics"/>).</summary>
    static abstract bool HasStatistics { get; }

    /// <summary>The tensor.</summary>
    ArrayView<float> View { get; }

    /// <summary>Whether something is added to the result.</summary>
    bool HasAddend { get; }

    /// <summary>What is added.</summary>
    ArrayView<float> Addend { get; }

    /// <summary>Whether the result becomes 0 where a tensor of its shape is not above 0.</summary>
    bool HasMask { get; }

    /// <summary>That tensor.</summary>
    ArrayView<float> Mask { get; }

    /// <summary>Where they go.</summary>
    ArrayView<float> Statistics { get; }

    /// <summary>The offset of a row's first element.</summary>
    int Offset(int row);

    /// <summary>Where a column lies in its row; those of a quad stay neighbours.</summary>
    int Column(int column);

    /// <summary>The offset of what is added to the first element of the row with this <see cref="Offset"/>.</summary>
    int AddendOffset(int rowOffset);

    /// <summary>
    /// What is written for a sum with its addend; <paramref name="mask"/> counts with <see cref="HasMask"/> only.
    /// </summary>
    Float2 Finish(Float2 sum, Float2 mask);

    /// <inheritdoc cref="Finish(Float2, Float2)"/>
    Float4 Finish(Float4 sum, Float4 mask);
}

/// <summary>A dense matrix, and a vector over its columns to add or none: the output with its bias and ReLU.</summary>
internal readonly struct MatrixResult(
    ArrayView<float> view, int columns, ArrayView<float> bias, bool relu) : ITiledResult
{
    private readonly int columns = columns, hasBias = bias.Length > 0 ? 1 : 0, rectifies = relu ? 1 : 0;

    public static bool AddsToResult => false;

    public static bool HasStatistics => false;

    public ArrayView<float> View { get; } = view;

    // Without a bias any memory will do, since nothing is read from it; OpenCL accepts no empty argument inside a
    // structure.
    public ArrayView<float> Addend { get; } = bias.Length > 0 ? bias : view;

    public bool HasAddend => hasBias != 0;

    public bool HasMask => false;

    public ArrayView<float> Mask => View;

    public ArrayView<float> Statistics => View;

    public int Offset(int row) => row * columns;

    public int Column(int column) => column;

    public int AddendOffset(int rowOffset) => 0;

    public Float2 Finish(Float2 sum, Float2 mask) => rectifies != 0 ? Float2.Masked(sum, sum) : sum;

    public Float4 Finish(Float4 sum, Float4 mask) => rectifies != 0 ? Float4.Masked(sum, sum) : sum;
}

/// <summary>The output where batch norm follows: with neither bias nor ReLU, but with statistics.</summary>
internal readonly struct ResultWithStatistics(
    ArrayView<float> view, int columns, ArrayView<float> statistics) : ITiledResult
{
    private readonly int columns = columns;

    public static bool AddsToResult => false;

    public static bool HasStatistics => true;

    public ArrayView<float> View { get; } = view;

    public bool HasAddend => false;

    public ArrayView<float> Addend => View;

    public bool HasMask => false;

    public ArrayView<float> Mask => View;

    public ArrayView<float> Statistics { get; } = statistics;

    public int Offset(int row) => row * columns;

    public int Column(int column) => column;

    public int AddendOffset(int rowOffset) => 0;

    public Float2 Finish(Float2 sum, Float2 mask) => sum;

    public Float4 Finish(Float4 sum, Float4 mask) => sum;
}

/// <summary>
/// The weights' gradient, whose columns are computed in the order of <see cref="TapOrder"/> (<see cref="InputTaps"/>).
/// </summary>
/// <param name="gradWeights"><c>[K, R, S, C]</c></param>
/// <param name="shape">The sizes.</param>
/// <param name="block">Channels of a block of that order.</param>
internal readonly struct GradWeightsResult(
    ArrayView<float> gradWeights, ConvolutionShape shape, int block = TapOrder.MaxBlock) : ITiledResult
{
    private readonly int columns = shape.R * shape.S * shape.C, channels = shape.C;
    private readonly TapOrder order = new(shape.R, shape.S, shape.C, block);

    public static bool AddsToResult => false;

    public static bool HasStatistics => false;

    public ArrayView<float> View { get; } = gradWeights;

    public bool HasAddend => false;

    public ArrayView<float> Addend => View;

    public bool HasMask => false;

    public ArrayView<float> Mask => View;

    public ArrayView<float> Statistics => View;

    public int Offset(int row) => row * columns;

    public int Column(int column)
    {
        int c = order.Channel(column, out int tap);
        return tap * channels + c;
    }

    public int AddendOffset(int rowOffset) => 0;

    public Float2 Finish(Float2 sum, Float2 mask) => sum;

    public Float4 Finish(Float4 sum, Float4 mask) => sum;
}

/// <summary>
/// The input's gradient at the pixels of one phase, added to what is there or not, 0 where the ReLU before this layer
/// gave 0.
/// </summary>
internal readonly struct GradInputResult(
    ArrayView<float> gradInput, ConvolutionShape shape, StridePhase phase, bool accumulate,
    ArrayView<float> activation) : ITiledResult
{
    private readonly int masks = activation.Length > 0 ? 1 : 0;
    private readonly int height = shape.H, width = shape.W, channels = shape.C, stride = shape.Stride;
    private readonly int firstH = phase.FirstH, firstW = phase.FirstW, accumulates = accumulate ? 1 : 0;
    private readonly FastDivisor byRows = new(phase.Rows), byColumns = new(phase.Columns);

    public static bool AddsToResult => true;

    public static bool HasStatistics => false;

    public ArrayView<float> View { get; } = gradInput;

    public bool HasAddend => accumulates != 0;

    public ArrayView<float> Addend => View;

    public bool HasMask => masks != 0;

    // As MatrixResult.Addend: any memory will do where nothing is read.
    public ArrayView<float> Mask { get; } = activation.Length > 0 ? activation : gradInput;

    public ArrayView<float> Statistics => View;

    public int Offset(int row)
    {
        int n = byRows.Divide(byColumns.Divide(row, out int column), out int phaseRow);
        return ((n * height + firstH + phaseRow * stride) * width + firstW + column * stride) * channels;
    }

    public int Column(int column) => column;

    public int AddendOffset(int rowOffset) => rowOffset;

    public Float2 Finish(Float2 sum, Float2 mask) => masks != 0 ? Float2.Masked(sum, mask) : sum;

    public Float4 Finish(Float4 sum, Float4 mask) => masks != 0 ? Float4.Masked(sum, mask) : sum;
}
