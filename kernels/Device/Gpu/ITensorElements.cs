using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// How a GPU's kernels read and write a tensor, four neighbours at a time: an <see cref="ElementType"/>.
/// </summary>
internal interface ITensorElements
{
    /// <summary>Elements <c>4 quad</c> to <c>4 quad + 3</c>, in single precision.</summary>
    static abstract Float4 Read(ArrayView<float> view, int quad);

    /// <summary>Writes them, rounded to the type.</summary>
    static abstract void Write(ArrayView<float> view, int quad, Float4 values);
}

/// <summary>Single precision: 16 bytes.</summary>
internal readonly struct SingleElements : ITensorElements
{
    public static Float4 Read(ArrayView<float> view, int quad) => view.Cast<Float4>()[quad];

    public static void Write(ArrayView<float> view, int quad, Float4 values) => view.Cast<Float4>()[quad] = values;
}

/// <summary>bfloat16: 8 bytes.</summary>
internal readonly struct BFloat16Elements : ITensorElements
{
    public static Float4 Read(ArrayView<float> view, int quad)
    {
        Float2 words = view.Cast<Float2>()[quad];
        return Float4.Of(BFloat16.Pair(words.X), BFloat16.Pair(words.Y));
    }

    public static void Write(ArrayView<float> view, int quad, Float4 values)
    {
        Float2 words;
        words.X = BFloat16.Word(values.First);
        words.Y = BFloat16.Word(values.Second);
        view.Cast<Float2>()[quad] = words;
    }
}
