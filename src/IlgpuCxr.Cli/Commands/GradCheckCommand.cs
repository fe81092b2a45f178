using System.CommandLine;
using System.Globalization;
using IlgpuCxr.GradientChecks;
using Spectre.Console;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr gradcheck</c>: are the gradients right, and do the kernels compute them?</summary>
internal static class GradCheckCommand
{
    // Of large operands so many elements, drawn at random, are moved for a central difference; the tests move four times as many.
    private const int MostElements = 128;

    private const string Right = "right", Wrong = "WRONG";

    private static readonly string[] All = [.. StandardCases.Operators];

    private static readonly Option<string[]> Operator = OptionKinds.Words(
        "--op", $"Check only these, with commas between them, of {string.Join(", ", All)}.", "operators", All);

    public static Command Create()
    {
        var command = new Command(
            "gradcheck", "Check every gradient against central differences, and every kernel against its definition.")
        {
            Operator, CommonOptions.Device, CommonOptions.Threads, CommonOptions.Json,
        };
        command.SetInterruptibleAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] operators = parsed.IsGiven(Operator) ? parsed.GetValue(Operator)! : All;
        using var checker = new GradientChecker(
            parsed.GetValue(CommonOptions.Device)!, CommonOptions.ThreadsOf(parsed));
        bool json = parsed.GetValue(CommonOptions.Json);
        var reports = new List<CaseReport>();
        if (!json)
            PrintIntroduction(checker.DeviceName);
        foreach (string name in operators)
        {
            List<CaseReport> found = [.. StandardCases.Of(name).Select(check => checker.Check(check, MostElements))];
            if (!json)
                Print(found);
            reports.AddRange(found);
        }
        int wrong = reports.Count(report => !report.Right);
        if (json)
            Output.Json(
                new { Device = checker.DeviceName, NumericReport.Tolerance, Right = wrong == 0, Cases = reports });
        else
            Output.Line(
                wrong == 0 ? $"All {reports.Count} cases are right." : $"{wrong} of {reports.Count} cases are WRONG.");
        return wrong == 0 ? 0 : 1;
    }

    private static void PrintIntroduction(string device)
    {
        Output.Line(device);
        Output.Line("");
        Output.Line(
            "The loss L is the operator's output projected on a random vector. Against numeric: the largest difference of a reference's analytic");
        Output.Line(
            "gradient from (L(x + h) - L(x - h)) / 2h in double precision, h = cbrt(eps) max(1, |x|), relative to the largest element; right below 1e-6.");
        Output.Line(
            "Kernel: the largest difference of any result, forward or backward, of the single-precision kernels from the reference, as a share of the");
        Output.Line(
            "bound on its rounding that follows from the lengths of its sums; right up to 1. Exact: equal to the last bit.");
    }

    private static void Print(List<CaseReport> reports)
    {
        Output.Line("");
        Output.Table(
            reports[0].Operator,
            ["Shape", "Against numeric", "Gradient", "Kernel", "Share of bound", "Result", "Verdict"],
            reports.SelectMany(Rows), style: Colour);
    }

    private static IEnumerable<string[]> Rows(CaseReport report)
    {
        NumericReport numeric = report.Numeric;
        yield return
        [
            report.Shape, numeric.Error.ToString("0.0e+00", CultureInfo.InvariantCulture), numeric.Gradient, "", "", "",
            Verdict(numeric.Right),
        ];
        foreach (KernelReport kernel in report.Kernels)
        {
            string share = kernel.Error == 0 ? "exact" : kernel.Error.ToString("0.000", CultureInfo.InvariantCulture);
            yield return ["", "", "", kernel.Algorithm, share, kernel.Result, Verdict(kernel.Right)];
        }
    }

    private static string Verdict(bool right) => right ? Right : Wrong;

    private static Style Colour(string cell) => cell switch
    {
        Right => new Style(Color.Green),
        Wrong => new Style(Color.Red, decoration: Decoration.Bold),
        _ => Style.Plain,
    };
}
