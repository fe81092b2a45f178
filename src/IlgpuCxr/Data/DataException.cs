namespace IlgpuCxr.Data;

/// <summary>
/// Data that cannot be used: a directory without the expected layout, or a file that is not a readable image, or not
/// the result that a run writes.
/// </summary>
public sealed class DataException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence that names the file or directory and the remedy.</param>
    /// <param name="innerException">What went wrong underneath, if anything did.</param>
    public DataException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
