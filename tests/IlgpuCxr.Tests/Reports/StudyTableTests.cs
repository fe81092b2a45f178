using IlgpuCxr.Reports;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Study;

namespace IlgpuCxr.Tests.Reports;

public sealed class StudyTableTests
{
    [Test]
    public void A_cell_has_the_papers_number_ours_and_the_difference()
    {
        StudyTable accuracy = Tables("1")[0];
        Assert.That(
            Texts(accuracy), Is.EqualTo(new[] { "88.83 86.67 -2.16", "87.93 85.00 -2.93", "93.93 85.00 -8.93" }));
        Assert.That(
            Texts(Tables("1")[1]), Is.EqualTo(new[] { "0.91 0.88 -0.04", "0.90 0.88 -0.03", "0.95 0.88 -0.08" }));
        Assert.That(accuracy.Rows[0].BestEpoch, Is.EqualTo(1));
    }

    [Test]
    public void Part_2s_accuracies_are_whole_numbers_in_the_paper() =>
        Assert.That(Texts(Tables("p2:3")[0]), Is.EqualTo(new[] { "88 86.7 -1.3", "93 85.0 -8.0" }));

    [Test]
    public void A_split_without_images_shows_the_papers_number_only()
    {
        RowResult result = SampleResults.Of("1");
        StudyTable table = StudyTable.All(
            [(StudyRows.All[0], result with { Splits = [.. result.Splits.SkipLast(1)] })])[0];
        Assert.That(Texts(table), Is.EqualTo(new[] { "88.83 86.67 -2.16", "87.93 85.00 -2.93", "93.93 - -" }));
    }

    [Test]
    public void The_four_tables_have_all_twelve_rows() =>
        Assert.That(
            StudyTable
                .All([.. StudyRows.All.Select(row => (row, SampleResults.Of(row.Id)))])
                .Select(table => table.Rows.Count),
            Is.EqualTo(new[] { 8, 8, 4, 4 }));

    [TestCase(0.001, "0.00", 0)]
    [TestCase(-0.004, "0.00", 0)]
    [TestCase(12.345, "+12.35", 1)]
    [TestCase(-2.5, "-2.50", -1)]
    public void A_difference_has_its_sign_unless_it_reads_as_none(double difference, string text, int sign)
    {
        var cell = new StudyTableCell(0, difference, "F2", "F2");
        Assert.That(cell.DifferenceText, Is.EqualTo(text));
        Assert.That(Math.Sign(cell.Difference!.Value), Is.EqualTo(sign));
    }

    private static IReadOnlyList<StudyTable> Tables(string id) =>
        StudyTable.All([(StudyRows.Parse(id)[0], SampleResults.Of(id))]);

    private static IEnumerable<string> Texts(StudyTable table) =>
        table.Rows[0].Cells.Select(cell => $"{cell.PublishedText} {cell.OursText} {cell.DifferenceText}");
}
