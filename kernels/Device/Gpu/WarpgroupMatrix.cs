namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// A matrix in shared memory as <see cref="Warpgroup"/>'s instructions find it: rows of 64 bytes, close together, as
/// <see cref="Swizzle"/> has them.
/// </summary>
/// <remarks>
/// <code>
/// bits  0-13   address / 16
/// bits 16-29   1, without a meaning in this layout
/// bits 32-45   bytes from eight rows to the next eight / 16
/// bits 62-63   2, for Swizzle.Place
/// </code>
/// The tensor cores swizzle by the bits of the address: a matrix starts at a multiple of eight rows. PTX ISA 8.0,
/// 9.7.14.5.1 (matrix descriptor, swizzling modes).
/// </remarks>
internal static class WarpgroupMatrix
{
    // An address's upper bits name a group of a cluster.
    private const uint AddressBits = 0x3FFFF;

    private const long Rows = 1L << 16 | 512L / 16 << 32 | 2L << 62;

    /// <summary>The descriptor of a matrix.</summary>
    /// <param name="address">
    /// Its address in shared memory; a multiple of 16 bytes within the first row names columns further on.
    /// </param>
    public static long At(uint address) => Rows | (address & AddressBits) >> 4;
}
