namespace IlgpuCxr.Training;

/// <summary>What a network says about one image.</summary>
/// <param name="Name">The file's name, or the number of the image in a file of many.</param>
/// <param name="Probabilities">The probability of each class or label, in the order of the logits.</param>
/// <param name="Label">The class's index, or the <see cref="Data.LabelSet"/>.</param>
public sealed record ImagePrediction(string Name, IReadOnlyList<double> Probabilities, int Label);
