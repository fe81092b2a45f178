namespace IlgpuCxr.Data;

/// <summary>An image that was left out.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">One sentence that says why and names the file.</param>
public sealed record UnreadableImage(string Path, string Reason);
