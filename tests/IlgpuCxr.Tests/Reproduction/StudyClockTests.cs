using IlgpuCxr.Data;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Study;

namespace IlgpuCxr.Tests.Reproduction;

public sealed class StudyClockTests
{
    private readonly HandSetTime time = new();

    [Test]
    public void Nothing_is_told_before_something_is_measured()
    {
        (StudyClock clock, RowPlan[] rows) = Of("8", "6");

        Assert.That(clock.Left(), Is.Null);
        clock.Begin(rows[0]);
        clock.Report(0);
        Assert.That(clock.Left(), Is.Null);
    }

    [Test]
    public void Equal_rows_take_equal_times()
    {
        (StudyClock clock, RowPlan[] rows) = Of("6", "7", "8");
        clock.Begin(rows[0]);
        clock.Report(0);
        time.Seconds += 30;
        clock.Report(0.5);

        Assert.That(clock.Left()!.Value.TotalSeconds, Is.EqualTo(30 + 60 + 60).Within(0.001));
        time.Seconds += 30;
        clock.Report(1);
        clock.End();
        Assert.That(clock.Left()!.Value.TotalSeconds, Is.EqualTo(60 + 60).Within(0.001));
    }

    [Test]
    public void What_an_earlier_call_had_done_took_no_time_of_this_one()
    {
        (StudyClock clock, RowPlan[] rows) = Of("6", "8");
        clock.Begin(rows[0]);
        // Building and reading take a while before the row goes on where it had been left.
        time.Seconds += 1000;
        clock.Report(0.75);
        time.Seconds += 10;
        clock.Report(0.85);

        Assert.That(clock.Left()!.Value.TotalSeconds, Is.EqualTo(15 + 100).Within(0.001));
    }

    [Test]
    public void A_row_that_was_left_complete_measures_nothing()
    {
        (StudyClock clock, RowPlan[] rows) = Of("6", "8");
        clock.Begin(rows[0]);
        clock.Report(1);
        time.Seconds += 5;
        clock.End();

        Assert.That(clock.Left(), Is.Null);
    }

    [Test]
    public void A_row_that_another_call_did_leaves_nothing_to_do()
    {
        (StudyClock clock, RowPlan[] rows) = Of("6", "7", "8");
        clock.Begin(rows[0]);
        clock.Report(0);
        time.Seconds += 60;
        clock.Report(1);
        clock.End();
        clock.Skip(rows[1]);

        Assert.That(clock.Left()!.Value.TotalSeconds, Is.EqualTo(60).Within(0.001));
    }

    [Test]
    public void Where_only_the_head_learns_there_is_no_backward_pass()
    {
        (StudyClock clock, RowPlan[] rows) = Of("8", "2");
        clock.Begin(rows[0]);
        clock.Report(0);
        time.Seconds += 100;
        clock.Report(1);
        clock.End();

        // Of 80 images that are trained on and judged and 20 that are judged: (1 + 1) * 80 + 20 passes where there were
        // (3 + 1) * 80 + 20.
        Assert.That(clock.Left()!.Value.TotalSeconds, Is.EqualTo(100.0 * 180 / 340).Within(0.001));
    }

    [Test]
    public void Time_goes_with_a_networks_operations_and_with_the_area_of_its_images()
    {
        (_, RowPlan[] rows) = Of("8", "5", "8");
        RowConfiguration small = rows[2].Configuration with
        {
            Options = rows[2].Configuration.Options with { Size = 112 },
        };
        rows[2] = rows[2] with { Configuration = small };
        var clock = new StudyClock(rows, time);
        clock.Begin(rows[0]);
        clock.Report(0);
        time.Seconds += 100;
        clock.Report(1);
        clock.End();
        // 30.9 and 3.6 GFLOP an image: 'cxr summary'.
        Assert.That(clock.Left()!.Value.TotalSeconds, Is.EqualTo(100 * 30.9 / 3.6 + 25).Within(0.001));
    }

    private (StudyClock Clock, RowPlan[] Rows) Of(params string[] ids)
    {
        var options = new StudyOptions { Out = "out", Part1 = "images" };
        var data = new DataDescription(["infected", "normal"], Train: 80, Validation: 20, Test: 20, "0123456789abcdef");
        RowPlan[] rows =
        [
            .. ids.Select(id => StudyRows.Parse(id)[0]).Select(row => new RowPlan(
                row, new RowConfiguration(row.Id, options.Training(row), data), new RowDirectory("out", row),
                Data: null!)),
        ];
        return (new StudyClock(rows, time), rows);
    }

    private sealed class HandSetTime : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }
}
