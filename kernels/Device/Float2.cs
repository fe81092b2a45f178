namespace IlgpuCxr.Kernels.Device;

/// <summary>Two neighbouring floats, which a GPU moves with one 8-byte instruction.</summary>
internal struct Float2
{
    public float X;
    public float Y;
}
