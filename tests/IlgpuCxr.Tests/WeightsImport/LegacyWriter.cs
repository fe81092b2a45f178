using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

/// <summary>Writes state dicts as PyTorch did before 1.6, which this project reads and does not write.</summary>
internal static class LegacyWriter
{
    public static void Write(string path, IReadOnlyList<WeightTensor> tensors)
    {
        using FileStream file = File.Create(path);
        // The magic number.
        file.Write([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.']);
        file.Write([0x80, 2, (byte)'M', 0xE9, 0x03, (byte)'.']); // protocol 1001
        file.Write([0x80, 2, (byte)'}', .. Text("little_endian"), 0x88, (byte)'s', (byte)'.']);
        file.Write(PickleWriter.WriteStateDict(path, tensors));
        file.Write([0x80, 2, (byte)']', (byte)'(']);
        for (int i = 0; i < tensors.Count; i++)
            file.Write(Text(i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        file.Write("e."u8);
        foreach (WeightTensor tensor in tensors)
        {
            file.Write(BitConverter.GetBytes(tensor.ElementCount));
            tensor.CopyTo(file);
        }
    }

    private static byte[] Text(string text) =>
        [(byte)'X', (byte)text.Length, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(text)];
}
