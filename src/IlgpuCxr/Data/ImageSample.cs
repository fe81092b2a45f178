namespace IlgpuCxr.Data;

/// <summary>An image file and its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Label">
/// Index of its class, or its <see cref="LabelSet"/> where an image may have several; 0 where it is not known.
/// </param>
public sealed record ImageSample(string Path, int Label);
