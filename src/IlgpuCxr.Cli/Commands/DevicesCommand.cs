using System.CommandLine;
using System.Globalization;
using IlgpuCxr.Kernels.Device;
using Spectre.Console;

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
                Output.Print(Table(devices));
        });
        return command;
    }

    private static Table Table(IReadOnlyList<DeviceDescription> devices)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("--device", "Name", "Memory", "Processors", "Group size");
        foreach (DeviceDescription device in devices)
        {
            table.AddRow(
                Markup.Escape(device.Selector),
                Markup.Escape(device.Name),
                string.Create(CultureInfo.InvariantCulture, $"{device.MemoryBytes / 1e9:F1} GB"),
                device.Multiprocessors.ToString(CultureInfo.InvariantCulture),
                device.MaxGroupSize == 0 ? "-" : device.MaxGroupSize.ToString(CultureInfo.InvariantCulture));
        }
        return table;
    }
}
