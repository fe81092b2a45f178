namespace IlgpuCxr.Data;

/// <summary>An image file and its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Label">Index of its class.</param>
public sealed record ImageSample(string Path, int Label);
