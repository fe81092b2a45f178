namespace IlgpuCxr.WeightsImport;

/// <summary>The first bytes of an HDF5 file (specification II.A), which say where its root group is.</summary>
internal static class HdfSuperblock
{
    private const int AddressBytes = 8;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    public static HdfObject Root(HdfInput input)
    {
        const int LongestBytes = 96;
        InputFile file = input.File;
        if (file.Length < Signature.Length
            || !input.Read(0, Signature.Length).Take(Signature.Length).SequenceEqual(Signature))
            throw new WeightFormatException(file.Path, "is not an HDF5 file", "check that Keras made it");
        HdfBytes block = input.Read(0, Math.Min(LongestBytes, file.Length));
        block.Skip(Signature.Length);
        byte version = block.Byte();
        block.Skip(version < 2 ? 4 : 0);
        if (version > 3 || block.Byte() != AddressBytes || block.Byte() != AddressBytes)
            throw input.Unsupported("is an HDF5 file of an unknown version or with addresses of other than 8 bytes");

        // The reserved byte, the trees' sizes and the flags; later versions have the flags alone.
        block.Skip(version switch { 0 => 9, 1 => 13, _ => 1 });
        if (block.Int64() != 0)
            throw input.Unsupported("has other data in front of its HDF5 structure");
        block.Skip(AddressBytes);
        long end = block.Int64();
        if (end > file.Length)
            throw new WeightFormatException(
                file.Path, $"has {file.Length} of its {end} bytes", "copy or download it again");

        // The first versions have a whole entry for the root group, which begins with the place of its name.
        block.Skip(version < 2 ? 2 * AddressBytes : 0);
        return new HdfObject(input, block.Int64());
    }
}
