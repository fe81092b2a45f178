namespace IlgpuCxr.Kernels.Device;

/// <summary>Four neighbouring integers, moved as <see cref="Float4"/> is.</summary>
internal struct Int4
{
    public int X;
    public int Y;
    public int Z;
    public int W;

    /// <summary>Four times the same.</summary>
    public static Int4 Of(int value)
    {
        Int4 quad;
        quad.X = value;
        quad.Y = value;
        quad.Z = value;
        quad.W = value;
        return quad;
    }
}
