namespace IlgpuCxr.Weights;

/// <summary>What an import did.</summary>
/// <param name="Path">The file.</param>
/// <param name="Loaded">Number of parameters and running statistics that came from it.</param>
/// <param name="Dropped">
/// Tensors of the file that this network has no use for: ImageNet's classifier of 1000 classes.
/// </param>
/// <param name="Kept">Parameters of the network that keep their first values: its own classifier.</param>
/// <param name="IsKeras">
/// Whether the file was written by Keras, whose VGG16 expects other images; see <see cref="ToString"/>.
/// </param>
public sealed record WeightImportReport(
    string Path, int Loaded, IReadOnlyList<string> Dropped, IReadOnlyList<string> Kept, bool IsKeras)
{
    /// <summary>The report in a line.</summary>
    public override string ToString()
    {
        string dropped = Dropped.Count > 0 ? $"; its classifier was dropped ({string.Join(", ", Dropped)})" : "";
        string kept = Kept.Count > 0
            ? $"; the new classifier starts from random values ({string.Join(", ", Kept)})"
            : "";
        string keras = IsKeras
            ? "; Keras's own VGG16 was trained on BGR images from 0 to 255 less their mean, not on the RGB images of unit variance that this program feeds it (docs/weights.md)"
            : "";
        return $"{Loaded} tensors of {Path}{dropped}{kept}{keras}.";
    }
}
