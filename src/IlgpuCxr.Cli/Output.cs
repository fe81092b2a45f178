using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace IlgpuCxr.Cli;

/// <summary>How results are printed.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Columns of standard output where it is no terminal: enough for the widest table.</summary>
    public const int RedirectedWidth = 160;

    /// <summary>Prints a value as indented JSON on standard output.</summary>
    public static void Json<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Indented));

    /// <summary>A number with thousands separated, such as <c>11,243,464</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with a fixed number of decimals.</summary>
    public static string Number(double number, int decimals) => number.ToString("F" + decimals, CultureInfo.InvariantCulture);

    /// <summary>A title on a line of its own, and a table whose columns but the first are aligned to the right.</summary>
    public static Table Table(string title, params ReadOnlySpan<string> columns)
    {
        // Plain lines above the table, because Spectre folds a title at the table's width.
        Console.Out.WriteLine(title);
        var table = new Table { Border = TableBorder.Rounded };
        for (int i = 0; i < columns.Length; i++)
            table.AddColumn(new TableColumn(Markup.Escape(columns[i])) { Alignment = i == 0 ? Justify.Left : Justify.Right });
        return table;
    }
}
