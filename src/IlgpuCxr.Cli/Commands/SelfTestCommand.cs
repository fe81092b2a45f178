using System.CommandLine;
using System.Globalization;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.SelfTest;
using Spectre.Console;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr selftest</c>: whether a device computes what the definitions of the operators say.</summary>
internal static class SelfTestCommand
{
    public static Command Create()
    {
        var command = new Command("selftest", "Check a device against the operators' definitions; needs no files.")
        {
            CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms, CommonOptions.Precision, CommonOptions.Json,
        };
        command.SetInterruptibleAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        List<SelfCheck> checks = [.. DeviceSelfTest.Run(device)];
        if (parsed.GetValue(CommonOptions.Json))
            Output.Json(new { Device = device.Name, device.Precision, Checks = checks });
        else
            Print(device, checks);
        return checks.All(check => check.Passed) ? 0 : 1;
    }

    private static void Print(ComputeDevice device, List<SelfCheck> checks)
    {
        Table table = Output.Table($"{device.Name}, {device.Precision.ToString().ToLowerInvariant()}", "Check", "Shapes", "Largest error", "Bound", "");
        foreach (SelfCheck check in checks)
        {
            table.AddRow(
                check.Name, Output.Count(check.Cases), check.Worst.ToString("G3", CultureInfo.InvariantCulture),
                check.Bound.ToString("G3", CultureInfo.InvariantCulture), check.Passed ? "passed" : "FAILED");
        }
        Output.Print(table);
        int failed = checks.Count(check => !check.Passed);
        Console.Out.WriteLine(failed == 0 ? "All checks passed." : $"{failed} of {checks.Count} checks failed.");
    }
}
