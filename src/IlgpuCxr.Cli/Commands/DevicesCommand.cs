using System.CommandLine;
using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr devices</c>: what is present, and what <c>--device</c> calls it.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var command = new Command("devices", "List the devices present and their limits.") { CommonOptions.Json };
        command.SetAction(parsed =>
        {
            IReadOnlyList<DeviceDescription> devices = DeviceCatalog.List();
            if (parsed.GetValue(CommonOptions.Json))
                Output.Json(devices);
            else
                Print(devices);
        });
        return command;
    }

    private static void Print(IReadOnlyList<DeviceDescription> devices) => Output.Table(
        null, ["--device", "Name", "Memory", "Processors", "Group size"],
        devices.Select(device => (string[])
        [
            device.Selector, device.Name, Output.Number(device.MemoryBytes / 1e9, 1) + " GB",
            device.Multiprocessors.ToString(CultureInfo.InvariantCulture),
            device.MaxGroupSize == 0 ? "-" : device.MaxGroupSize.ToString(CultureInfo.InvariantCulture),
        ]),
        left: 2);
}
