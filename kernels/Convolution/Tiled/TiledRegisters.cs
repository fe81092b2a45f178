using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Eight results of one row. Fields, not an array: every one becomes a register.</summary>
internal struct RegisterRow
{
    public Float4 Left;
    public Float4 Right;

    /// <summary>Adds <c>a · (left, right)</c>; the assembler fuses each product with its sum.</summary>
    public void MultiplyAdd(float a, Float4 left, Float4 right)
    {
        Left.X += a * left.X;
        Left.Y += a * left.Y;
        Left.Z += a * left.Z;
        Left.W += a * left.W;
        Right.X += a * right.X;
        Right.Y += a * right.Y;
        Right.Z += a * right.Z;
        Right.W += a * right.W;
    }
}

/// <summary>The 8x8 results that one thread computes.</summary>
internal struct ThreadSums
{
    public RegisterRow Row0;
    public RegisterRow Row1;
    public RegisterRow Row2;
    public RegisterRow Row3;
    public RegisterRow Row4;
    public RegisterRow Row5;
    public RegisterRow Row6;
    public RegisterRow Row7;

    /// <summary>
    /// Adds the outer product of eight row and eight column elements: 64 multiply-adds for 16 operands.
    /// </summary>
    public void MultiplyAdd(Float4 top, Float4 bottom, Float4 left, Float4 right)
    {
        Row0.MultiplyAdd(top.X, left, right);
        Row1.MultiplyAdd(top.Y, left, right);
        Row2.MultiplyAdd(top.Z, left, right);
        Row3.MultiplyAdd(top.W, left, right);
        Row4.MultiplyAdd(bottom.X, left, right);
        Row5.MultiplyAdd(bottom.Y, left, right);
        Row6.MultiplyAdd(bottom.Z, left, right);
        Row7.MultiplyAdd(bottom.W, left, right);
    }
}
