using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Training;

/// <summary>A checkpoint with another bias, so that what its network says is known.</summary>
internal static class ChangedCheckpoint
{
    /// <summary>Writes it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="original">The checkpoint's name, without its extension.</param>
    /// <param name="bias">The tensor to change.</param>
    /// <param name="values">What is to be in it.</param>
    public static void Write(string path, string original, string bias, params float[] values)
    {
        using WeightFile file = SafetensorsFile.Read(original + ".safetensors");
        SafetensorsFile.Write(
            path,
            [
                .. file.Select(
                    tensor => tensor.Name == bias ? new WeightTensor(tensor.Name, tensor.Shape, values) : tensor)],
            file.Metadata);
    }
}
