using System.Diagnostics;
using Spectre.Console;

namespace IlgpuCxr.Cli;

/// <summary>A line at the foot of a terminal that says how far work is, until it is disposed of.</summary>
/// <remarks>
/// It is narrower than the terminal and taken away before anything is printed above it: of a line that the terminal
/// folds, parts would stay. Blanks take it away and no control sequences, so that every terminal does.
/// </remarks>
/// <param name="output">The terminal.</param>
/// <param name="width">Tells the terminal's width at any time.</param>
internal sealed class LiveLine(TextWriter output, Func<int> width) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // A process has one terminal.
    private static LiveLine? open;

    private readonly Lock sync = new();
    private string shown = "";
    private long lastShown;

    /// <summary>A line on standard output; null where that is no terminal.</summary>
    public static LiveLine? Open() =>
        open = Output.IsTerminal ? new LiveLine(Console.Out, () => AnsiConsole.Profile.Width) : null;

    /// <summary>Has somebody print who may not know of the line, where one is open above it.</summary>
    public static void PrintAbove(Action print)
    {
        if (open is { } line)
            line.Above(print);
        else
            print();
    }

    /// <summary>
    /// Shows a text in place of the one before, cut where it is too wide, unless that has only just appeared.
    /// </summary>
    public void Show(string text)
    {
        lock (sync)
        {
            if (shown.Length > 0 && Stopwatch.GetElapsedTime(lastShown) < Interval)
                return;
            lastShown = Stopwatch.GetTimestamp();
            Write(Output.Plain(text));
        }
    }

    /// <summary>Prints a line above.</summary>
    public void Print(string line) => Above(() => output.WriteLine(Output.Plain(line)));

    /// <inheritdoc/>
    public void Dispose()
    {
        open = null;
        lock (sync)
            Write("");
    }

    private void Above(Action print)
    {
        lock (sync)
        {
            string text = shown;
            Write("");
            print();
            Write(text);
        }
    }

    private void Write(string text)
    {
        // A terminal that has been made narrower has folded what was shown; only its last part can be reached.
        int columns = Math.Max(1, width() - 1), covered = Math.Min(shown.Length, columns);
        shown = text[..Math.Min(text.Length, columns)];
        output.Write($"\r{shown.PadRight(covered)}\r{shown}");
        output.Flush();
    }
}
