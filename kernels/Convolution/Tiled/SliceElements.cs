using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>What an index of <see cref="SliceSums"/> adds up and writes: X, or X and Y.</summary>
internal interface ISliceElements
{
    /// <summary>Neighbours of a row.</summary>
    static abstract int Count { get; }

    /// <summary>Those of a view in single precision that begins at a multiple of 8 bytes.</summary>
    static abstract Float2 ReadShare(ArrayView<float> view, int index);

    /// <summary>Those of a bias, in single precision; it may begin anywhere.</summary>
    static abstract Float2 ReadBias(ArrayView<float> view, int offset);

    /// <summary>Those of a tensor of the result's type.</summary>
    static abstract Float2 Read(ArrayView<float> view, int offset);

    /// <summary>Writes them, rounded to the type.</summary>
    static abstract void Write(ArrayView<float> view, int offset, Float2 values);
}

/// <summary>One result in single precision.</summary>
internal readonly struct OneSingle : ISliceElements
{
    public static int Count => 1;

    public static Float2 ReadShare(ArrayView<float> view, int index) => Read(view, index);

    public static Float2 ReadBias(ArrayView<float> view, int offset) => Read(view, offset);

    public static Float2 Read(ArrayView<float> view, int offset)
    {
        Float2 value = default;
        value.X = view[offset];
        return value;
    }

    public static void Write(ArrayView<float> view, int offset, Float2 values) => view[offset] = values.X;
}

/// <summary>Two of bfloat16, which one float holds.</summary>
internal readonly struct TwoBFloat16 : ISliceElements
{
    public static int Count => 2;

    public static Float2 ReadShare(ArrayView<float> view, int index) => view.Cast<Float2>()[index];

    public static Float2 ReadBias(ArrayView<float> view, int offset)
    {
        Float2 pair;
        pair.X = view[offset];
        pair.Y = view[offset + 1];
        return pair;
    }

    public static Float2 Read(ArrayView<float> view, int offset) => BFloat16.Pair(view[offset >> 1]);

    public static void Write(ArrayView<float> view, int offset, Float2 values) =>
        view[offset >> 1] = BFloat16.Word(values);
}
