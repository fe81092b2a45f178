using System.Globalization;

namespace IlgpuCxr;

/// <summary>An option whose value makes no sense; the message names the option and a value that would.</summary>
public sealed class UsageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence.</param>
    public UsageException(string message) : base(message) { }

    /// <summary>Whether nothing is wrong but that another process is training into the run's directory.</summary>
    public bool IsBusy { get; init; }

    /// <summary>Refuses what does not hold.</summary>
    /// <param name="condition">What must hold.</param>
    /// <param name="message">One sentence.</param>
    /// <exception cref="UsageException">It does not hold.</exception>
    public static void Require(bool condition, string message)
    {
        if (!condition)
            throw new UsageException(message);
    }

    /// <summary>The sentence about a number that is out of range.</summary>
    /// <param name="option">The option's name, such as <c>--lr</c>.</param>
    /// <param name="value">What it was given.</param>
    /// <param name="valid">What makes sense, such as <c>1 or more</c>.</param>
    public static string OutOfRange(string option, float value, string valid) =>
        string.Create(CultureInfo.InvariantCulture, $"{option} {value} is out of range: use {valid}.");
}
