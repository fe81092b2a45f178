namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// A matrix in shared memory as <see cref="Warpgroup"/>'s instructions find it: rows of 64 or of 32 bytes, close
/// together, their quads exchanged.
/// </summary>
/// <remarks>
/// <code>
/// bits  0-13   address / 16                                                 bytes a row    quad q of row r lies at place
/// bits 16-29   1, without a meaning in these layouts                             64        q ^ (r / 2 mod 4)
/// bits 32-45   bytes from eight rows to the next eight / 16                      32        q ^ (r / 4 mod 2)
/// bits 62-63   2 for rows of 64 bytes, 3 for 32
/// </code>
/// so that eight rows of one quad, which the tensor cores read at once, fall on all 32 banks. The exchange goes by the
/// bits of the address: a matrix starts at a multiple of eight rows. PTX ISA 8.0, 9.7.14.5.1 (matrix descriptor,
/// swizzling modes).
/// </remarks>
internal static class WarpgroupMatrix
{
    // An address's upper bits name a group of a cluster.
    private const uint AddressBits = 0x3FFFF;

    private const long Unused = 1L << 16, Rows64 = 512L / 16 << 32 | 2L << 62, Rows32 = 256L / 16 << 32 | 3L << 62;

    /// <summary>The descriptor of a matrix.</summary>
    /// <param name="address">
    /// Its address in shared memory; a multiple of 16 bytes within the first row names columns further on.
    /// </param>
    /// <param name="rowBytes">64 or 32.</param>
    public static long At(uint address, int rowBytes) =>
        (rowBytes == 64 ? Rows64 : Rows32) | Unused | (address & AddressBits) >> 4;

    /// <summary>The place of a quad, or the quad at a place, in a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="quad">The quad.</param>
    /// <param name="rowQuads">4 or 2.</param>
    public static int Exchange(int row, int quad, int rowQuads) =>
        rowQuads == 4 ? quad ^ row >> 1 & 3 : quad ^ row >> 2 & 1;
}
