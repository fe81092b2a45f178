namespace IlgpuCxr.Weights;

/// <summary>
/// A file of weights that cannot be downloaded; the message names the file, the reason and the remedy.
/// </summary>
public sealed class WeightDownloadException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="cause">What failed.</param>
    public WeightDownloadException(string message, Exception? cause = null) : base(message, cause) { }
}
