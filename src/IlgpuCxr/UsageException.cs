namespace IlgpuCxr;

/// <summary>An option whose value makes no sense; the message names the option and a value that would.</summary>
public sealed class UsageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence.</param>
    public UsageException(string message) : base(message) { }
}
