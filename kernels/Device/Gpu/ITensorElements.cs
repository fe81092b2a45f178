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
        Float2 words = view.Cast<Float2>()[quad], first = BFloat16.Pair(words.X), second = BFloat16.Pair(words.Y);
        Float4 values;
        values.X = first.X;
        values.Y = first.Y;
        values.Z = second.X;
        values.W = second.Y;
        return values;
    }

    public static void Write(ArrayView<float> view, int quad, Float4 values)
    {
        Float2 first, second, words;
        first.X = values.X;
        first.Y = values.Y;
        second.X = values.Z;
        second.Y = values.W;
        words.X = BFloat16.Word(first);
        words.Y = BFloat16.Word(second);
        view.Cast<Float2>()[quad] = words;
    }
}
