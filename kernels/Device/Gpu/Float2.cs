namespace IlgpuCxr.Kernels.Device;

/// <summary>Two neighbouring floats, which a GPU moves with one 8-byte instruction.</summary>
internal struct Float2
{
    public float X;
    public float Y;

    public static Float2 operator +(Float2 a, Float2 b)
    {
        a.X += b.X;
        a.Y += b.Y;
        return a;
    }

    /// <summary>As <see cref="Float4.Masked"/>.</summary>
    public static Float2 Masked(Float2 value, Float2 sign)
    {
        value.X = sign.X <= 0 ? 0 : value.X;
        value.Y = sign.Y <= 0 ? 0 : value.Y;
        return value;
    }
}
