using System.CommandLine;
using System.Globalization;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Reports;
using IlgpuCxr.SelfTest;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr selftest</c>: whether a device computes what the definitions of the operators say.</summary>
internal static class SelfTestCommand
{
    public static Command Create()
    {
        var command = new Command("selftest", "Check a device against the operators' definitions; needs no files.")
        {
            CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms, CommonOptions.Precision,
            CommonOptions.Json,
        };
        command.SetInterruptibleAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        return Run(device, parsed.GetValue(CommonOptions.Json), parsed.GetValue(CommonOptions.Verbose));
    }

    /// <summary>Checks a device and prints what was found.</summary>
    /// <param name="device">The device.</param>
    /// <param name="isJson">Whether it is printed as JSON.</param>
    /// <param name="isVerbose">Whether exceptions are printed whole.</param>
    /// <returns>The exit code.</returns>
    internal static int Run(ComputeDevice device, bool isJson, bool isVerbose)
    {
        var checks = new List<SelfCheck>();
        if (!isJson)
            Output.Line($"{device.Name}, {device.Precision.ToString().ToLowerInvariant()}");
        // A line as soon as it is known: a device that hangs or takes the process with it still tells what it was at.
        foreach (SelfCheck check in DeviceSelfTest.Run(device))
        {
            checks.Add(check);
            if (!isJson)
                Print(check, isVerbose);
        }
        int failed = checks.Count(check => !check.Passed);
        if (isJson)
            Output.Json(new { Device = device.Name, device.Precision, Checks = checks });
        else
            Output.Line(failed == 0 ? "All checks passed." : $"{failed} of {checks.Count} checks failed.");
        return failed == 0 ? 0 : 1;
    }

    private static void Print(SelfCheck check, bool verbose)
    {
        Output.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{(check.Passed ? "passed" : "FAILED")}  {check.Name,-47}  {ReportText.Count(check.Cases, "shape"),-9}  error {check.Worst:G3}, bound {check.Bound:G3}"));
        if (!check.Passed)
            Output.Line($"        {ReportText.Count(check.Failed, "shape")} failed, the worst: {check.At}");
        string[] exception = check.Exception?.Split('\n') ?? [];
        foreach (string line in verbose ? exception : exception.Take(1))
            Output.Line($"        {line.TrimEnd()}");
        if (check.LostDevice)
            Output.Line("        The device answers no more: what would come next is left out.");
    }
}
