namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Where the quads of a matrix in shared memory lie, rows of 64 bytes close together: each row has its four in another
/// order, which is called swizzled.
/// </summary>
/// <remarks>
/// Eight rows of one quad, which tensor cores read at once (<see cref="TensorCore.LoadMatrices"/>,
/// <see cref="Warpgroup"/>), fall on all 32 banks; in one order they would fall on eight (docs/convolution.md).
/// </remarks>
internal static class Swizzle
{
    /// <summary>The place of a quad in a row, and just as well the quad at a place.</summary>
    /// <param name="row">The row.</param>
    /// <param name="quad">The quad, of four.</param>
    public static int Place(int row, int quad) => quad ^ row >> 1 & 3;
}
