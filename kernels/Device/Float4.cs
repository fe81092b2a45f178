namespace IlgpuCxr.Kernels.Device;

/// <summary>Four neighbouring floats, which a GPU moves with one 16-byte instruction.</summary>
/// <remarks>
/// ILGPU takes a structure whose size is a power of two to be aligned to that size, so a <c>view.Cast&lt;Float4&gt;()</c> must start
/// at a multiple of 16 bytes.
/// </remarks>
internal struct Float4
{
    public float X;
    public float Y;
    public float Z;
    public float W;
}
