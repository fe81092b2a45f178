using System.Text.Json;
using IlgpuCxr.Cli;
using IlgpuCxr.SelfTest;

namespace IlgpuCxr.Tests.Cli;

[NonParallelizable]
public sealed class OutputTests
{
    [TestCase(double.NaN, "NaN")]
    [TestCase(double.PositiveInfinity, "Infinity")]
    public void What_a_failed_check_finds_is_json(double worst, string expected)
    {
        using var output = new StringWriter();
        TextWriter before = Console.Out;
        Console.SetOut(output);
        try
        {
            Output.Json(new SelfCheck("max-pooling", 1, worst, 0));
        }
        finally
        {
            Console.SetOut(before);
        }
        using var json = JsonDocument.Parse(output.ToString());
        Assert.That(json.RootElement.GetProperty("worst").GetString(), Is.EqualTo(expected));
        Assert.That(json.RootElement.GetProperty("passed").GetBoolean(), Is.False);
    }
}
