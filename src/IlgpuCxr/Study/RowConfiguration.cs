using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>Everything that decides a row's result: a row directory belongs to one configuration.</summary>
/// <param name="Row">As <c>--rows</c> names it.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="Data">The images.</param>
public sealed record RowConfiguration(string Row, TrainingOptions Options, DataDescription Data);

/// <summary>The images of a row, in words and numbers.</summary>
/// <param name="Kind">What they are, such as <c>phantoms</c> or <c>given</c>.</param>
/// <param name="Classes">Their classes, in the order of the logits.</param>
/// <param name="Train">Number of training images.</param>
/// <param name="Validation">Number of validation images.</param>
/// <param name="Test">Number of test images, labelled or not.</param>
/// <param name="Digest">Of all names and sizes of files: other images have another digest, the same ones moved elsewhere have the same.</param>
public sealed record DataDescription(string Kind, IReadOnlyList<string> Classes, int Train, int Validation, int Test, string Digest);
