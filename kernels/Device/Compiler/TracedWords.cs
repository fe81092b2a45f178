using System.Diagnostics;
using System.Text;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// What is written to <see cref="Trace"/> until this is disposed of: ILGPU 1.5.3 tells only there what a driver's
/// assembler says of a kernel that it refuses.
/// </summary>
internal sealed class TracedWords : TraceListener
{
    private readonly StringBuilder words = new();

    public TracedWords() => Trace.Listeners.Add(this);

    /// <inheritdoc/>
    public override void Write(string? message) => words.Append(message);

    /// <inheritdoc/>
    public override void WriteLine(string? message) => words.AppendLine(message);

    /// <summary>All of them on one line.</summary>
    // ILGPU pads them with zeros.
    public override string ToString() =>
        string.Join(' ', words.Replace('\0', ' ').ToString().Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Trace.Listeners.Remove(this);
        base.Dispose(disposing);
    }
}
