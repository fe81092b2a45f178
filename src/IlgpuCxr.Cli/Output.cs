using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuCxr.WeightsImport;
using Spectre.Console;

namespace IlgpuCxr.Cli;

/// <summary>How results are printed.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // A check that fails may have found no number at all, and that is what its JSON is read for.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly JsonSerializerOptions OneLine = new(Indented) { WriteIndented = false };

    // More than any table has. Spectre would fold wider ones within words and numbers; so they run over a narrow
    // terminal's edge.
    private const int TableWidth = 10_000;

    /// <summary>Whether standard output is a terminal, where a line can be written over.</summary>
    public static bool IsTerminal => !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;

    /// <summary>
    /// Has files and pipes get UTF-8 without a byte order mark: the console's code page or the language's character set
    /// would make question marks of names that it lacks.
    /// </summary>
    public static void UseUtf8()
    {
        // Not the console's own encoding, which programs after this one would find changed.
        if (Console.IsOutputRedirected)
            Console.SetOut(Utf8(Console.OpenStandardOutput()));
        if (Console.IsErrorRedirected)
            Console.SetError(Utf8(Console.OpenStandardError()));
    }

    /// <summary>Prints a value as indented JSON on standard output.</summary>
    public static void Json<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Indented));

    /// <summary>Prints a value as JSON on one line of standard output.</summary>
    public static void JsonLine<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, OneLine));

    /// <summary>Prints a line on standard output.</summary>
    public static void Line(string text) => Console.Out.WriteLine(Plain(text));

    /// <summary>Prints a line on standard error.</summary>
    public static void ErrorLine(string text) => LiveLine.PrintAbove(() => Console.Error.WriteLine(Plain(text)));

    /// <summary>A number with thousands separated, such as <c>11,243,464</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with a fixed number of decimals.</summary>
    public static string Number(double number, int decimals) =>
        number.ToString("F" + decimals, CultureInfo.InvariantCulture);

    /// <summary>
    /// Text without control characters: names of files and classes have unknown origins, and would command a terminal.
    /// </summary>
    public static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    /// <summary>Prints a title on a line of its own, and a table in its natural width below.</summary>
    /// <param name="title">The title; null for none.</param>
    /// <param name="columns">What stands above the columns.</param>
    /// <param name="rows">The text of each cell.</param>
    /// <param name="left">How many of the first columns are aligned to the left; the others are to the right.</param>
    /// <param name="style">How the text of a cell looks; null for all as text does.</param>
    public static void Table(
        string? title, string[] columns, IEnumerable<string[]> rows, int left = 1, Func<string, Style>? style = null)
    {
        // A plain line above the table, because Spectre folds a title at the table's width.
        if (title is not null)
            Line(title);
        var table = new Table { Border = TableBorder.Rounded };
        for (int i = 0; i < columns.Length; i++)
            table.AddColumn(
                new TableColumn(new Text(Plain(columns[i]))) { Alignment = i < left ? Justify.Left : Justify.Right });
        foreach (string[] row in rows)
            table.AddRow(row.Select(cell => new Text(Plain(cell), style?.Invoke(cell))));
        int width = AnsiConsole.Profile.Width;
        AnsiConsole.Profile.Width = TableWidth;
        AnsiConsole.Write(table);
        AnsiConsole.Profile.Width = width;
    }

    private static StreamWriter Utf8(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    /// <summary>Probabilities by the names of their classes.</summary>
    public static Dictionary<string, double> ByClass(
        IReadOnlyList<string> classes, IReadOnlyList<double> probabilities) =>
        classes.Zip(probabilities).ToDictionary(pair => pair.First, pair => pair.Second);

    /// <summary>
    /// Refuses, before any work for it, an output that would overwrite an input or that cannot be written.
    /// </summary>
    /// <param name="name">The option or argument that names the output.</param>
    /// <param name="path">The output; null for none.</param>
    /// <param name="inputs">The inputs.</param>
    /// <exception cref="UsageException">It is an input.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Refuse(string name, string? path, params IEnumerable<string> inputs)
    {
        if (path is null)
            return;
        StringComparison comparison = OperatingSystem.IsLinux()
            ? StringComparison.Ordinal
            : StringComparison.OrdinalIgnoreCase;
        string output = Links.Resolve(path);
        if (inputs.Any(input => string.Equals(output, Links.Resolve(input), comparison)))
            throw new UsageException($"{name} '{path}' would overwrite the input; name another file.");
        AtomicFile.Try(path);
    }
}
