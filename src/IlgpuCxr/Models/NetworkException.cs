namespace IlgpuCxr.Models;

/// <summary>A network that cannot be built or loaded as asked; the message names the remedy.</summary>
public sealed class NetworkException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence that names the file, option or shape and the remedy.</param>
    public NetworkException(string message) : base(message) { }

    /// <summary>
    /// Whether the network is as asked, but its values are no numbers any more, as after a training that diverged.
    /// </summary>
    public bool IsDivergence { get; init; }
}
