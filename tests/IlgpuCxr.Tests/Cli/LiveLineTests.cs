using IlgpuCxr.Cli;

namespace IlgpuCxr.Tests.Cli;

public sealed class LiveLineTests
{
    [Test]
    public void Nothing_of_it_stays_and_nothing_is_wider_than_the_terminal()
    {
        using var terminal = new StringWriter();
        using (var line = new LiveLine(terminal, () => 20))
        {
            line.Show("epoch 0 (1 of 3), training 17/200, loss 0.6931");
            line.Print("    0   0.6795");
        }
        Assert.That(Screen(terminal.ToString()), Is.EqualTo(new[] { "    0   0.6795", "" }));
        Assert.That(terminal.ToString().Split('\r', '\n').Max(part => part.Length), Is.LessThan(20));
    }

    /// <summary>What a terminal shows of a text whose carriage returns go back to the start of a line.</summary>
    private static string[] Screen(string text)
    {
        var lines = new List<string>();
        foreach (string written in text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n'))
        {
            var cells = new List<char>();
            foreach (string part in written.Split('\r'))
                for (int i = 0; i < part.Length; i++)
                {
                    if (i == cells.Count)
                        cells.Add(' ');
                    cells[i] = part[i];
                }
            lines.Add(new string([.. cells]).TrimEnd());
        }
        return [.. lines];
    }
}
