namespace IlgpuCxr.Kernels.Device;

/// <summary>Four neighbouring floats, which a GPU moves with one 16-byte instruction.</summary>
/// <remarks>
/// ILGPU takes a structure whose size is a power of two to be aligned to that size, so a
/// <c>view.Cast&lt;Float4&gt;()</c> must start at a multiple of 16 bytes (<see cref="Quads.Allows"/>).
/// </remarks>
internal struct Float4
{
    public float X;
    public float Y;
    public float Z;
    public float W;

    /// <summary>Four times the same.</summary>
    public static Float4 Of(float value)
    {
        Float4 quad;
        quad.X = value;
        quad.Y = value;
        quad.Z = value;
        quad.W = value;
        return quad;
    }

    /// <summary>Two and two.</summary>
    public static Float4 Of(Float2 first, Float2 second)
    {
        Float4 quad;
        quad.X = first.X;
        quad.Y = first.Y;
        quad.Z = second.X;
        quad.W = second.Y;
        return quad;
    }

    /// <summary>X and Y.</summary>
    public readonly Float2 First
    {
        get
        {
            Float2 pair;
            pair.X = X;
            pair.Y = Y;
            return pair;
        }
    }

    /// <summary>Z and W.</summary>
    public readonly Float2 Second
    {
        get
        {
            Float2 pair;
            pair.X = Z;
            pair.Y = W;
            return pair;
        }
    }

    public static Float4 operator +(Float4 a, Float4 b)
    {
        a.X += b.X;
        a.Y += b.Y;
        a.Z += b.Z;
        a.W += b.W;
        return a;
    }

    public static Float4 operator -(Float4 a, Float4 b)
    {
        a.X -= b.X;
        a.Y -= b.Y;
        a.Z -= b.Z;
        a.W -= b.W;
        return a;
    }

    public static Float4 operator *(Float4 a, Float4 b)
    {
        a.X *= b.X;
        a.Y *= b.Y;
        a.Z *= b.Z;
        a.W *= b.W;
        return a;
    }

    public static Float4 operator *(Float4 a, float b) => a * Of(b);

    public static Float4 operator /(Float4 a, float b)
    {
        a.X /= b;
        a.Y /= b;
        a.Z /= b;
        a.W /= b;
        return a;
    }

    /// <summary><c>1 / √x</c> of each element.</summary>
    public static Float4 InverseRoot(Float4 x)
    {
        x.X = 1 / MathF.Sqrt(x.X);
        x.Y = 1 / MathF.Sqrt(x.Y);
        x.Z = 1 / MathF.Sqrt(x.Z);
        x.W = 1 / MathF.Sqrt(x.W);
        return x;
    }

    /// <summary>Of each element the value, or 0 where <paramref name="sign"/> is at most 0.</summary>
    public static Float4 Masked(Float4 value, Float4 sign)
    {
        value.X = sign.X <= 0 ? 0 : value.X;
        value.Y = sign.Y <= 0 ? 0 : value.Y;
        value.Z = sign.Z <= 0 ? 0 : value.Z;
        value.W = sign.W <= 0 ? 0 : value.W;
        return value;
    }
}
