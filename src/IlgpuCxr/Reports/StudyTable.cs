using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Study;

namespace IlgpuCxr.Reports;

/// <summary>One of the study's four tables, with our numbers and the differences.</summary>
/// <param name="Title">What the numbers are.</param>
/// <param name="Splits">The columns.</param>
/// <param name="Rows">The runs.</param>
public sealed record StudyTable(string Title, IReadOnlyList<string> Splits, IReadOnlyList<StudyTableRow> Rows)
{
    // As many decimals as the study prints, so that a difference is not one of rounding: Part 2's accuracies are whole
    // numbers there.
    private const string Percent = "F2", WholePercent = "F0", Fraction = "F2";

    /// <summary>The tables of those parts of which there are rows: accuracy and F1 each.</summary>
    /// <param name="rows">The rows and what came of them.</param>
    public static IReadOnlyList<StudyTable> All(IReadOnlyList<(StudyRow Row, RowResult Result)> rows)
    {
        var tables = new List<StudyTable>();
        foreach (StudyPart part in Enum.GetValues<StudyPart>())
        {
            (StudyRow Row, RowResult Result)[] those = [.. rows.Where(row => row.Row.Part == part)];
            if (those.Length == 0)
                continue;
            bool isPart1 = part == StudyPart.Part1;
            tables.Add(Create(
                isPart1 ? "Part 1, accuracy (%)" : "Part 2, accuracy (%: Jaccard index over images)", those,
                published => published.Accuracy, split => split.Accuracy, isPart1 ? Percent : WholePercent,
                isPart1 ? Percent : "F1"));
            tables.Add(Create(
                isPart1 ? "Part 1, F1 (of the class \"normal\")" : "Part 2, F1 (over images)", those,
                published => published.F1, split => split.F1, Fraction, Fraction));
        }
        return tables;
    }

    private static StudyTable Create(
        string title, (StudyRow Row, RowResult Result)[] rows, Func<PublishedResult, IReadOnlyList<double>> published,
        Func<SplitResult, double> ours, string publishedFormat, string format)
    {
        IReadOnlyList<string> splits = rows[0].Row.Splits;
        return new StudyTable(title, splits, [.. rows.Select(row => new StudyTableRow(
            row.Row, row.Result.BestEpoch,
            [.. splits.Select((split, i) => new StudyTableCell(
                published(row.Row.Published)[i], row.Result.Of(split) is { } result ? ours(result) : null,
                publishedFormat, format))]))]);
    }
}

/// <summary>A run.</summary>
/// <param name="Row">Which.</param>
/// <param name="BestEpoch">Ours.</param>
/// <param name="Cells">A cell a split.</param>
public sealed record StudyTableRow(StudyRow Row, int BestEpoch, IReadOnlyList<StudyTableCell> Cells);

/// <summary>Paper, ours, difference.</summary>
/// <param name="Published">The study's number.</param>
/// <param name="Ours">Ours; null where the data has no such split.</param>
/// <param name="PublishedFormat">How the study's is printed.</param>
/// <param name="Format">How ours and the difference are printed.</param>
public sealed record StudyTableCell(double Published, double? Ours, string PublishedFormat, string Format)
{
    /// <summary>What stands for a number that there is none of.</summary>
    public const string Missing = "-";

    /// <summary>The study's number.</summary>
    public string PublishedText => Published.ToString(PublishedFormat, CultureInfo.InvariantCulture);

    /// <summary>Our number.</summary>
    public string OursText => Ours?.ToString(Format, CultureInfo.InvariantCulture) ?? Missing;

    /// <summary>Ours less the study's, rounded as it is printed, so that what reads as zero has no sign.</summary>
    public double? Difference =>
        Ours is { } ours
        ? (double)Math.Round((decimal)ours - (decimal)Published, Decimals, MidpointRounding.AwayFromZero)
        : null;

    /// <summary>The difference, with its sign.</summary>
    public string DifferenceText =>
        Difference?.ToString($"+0.{Zeros};-0.{Zeros};0.{Zeros}", CultureInfo.InvariantCulture) ?? Missing;

    private int Decimals => Format[1] - '0';

    private string Zeros => new('0', Decimals);
}
