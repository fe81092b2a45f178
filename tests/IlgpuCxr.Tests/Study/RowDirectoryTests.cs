using IlgpuCxr.Data;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Study;

/// <summary>A row's directory is that of one configuration.</summary>
public sealed class RowDirectoryTests
{
    [Test]
    public void A_result_of_another_configuration_is_refused_also_where_the_file_of_the_configuration_is_gone()
    {
        using var folder = new DataFolder();
        RowResult result = SampleResults.Of("2");
        var directory = new RowDirectory(folder.PathOf("study"), StudyRows.Parse("2")[0]);
        directory.WriteResult(result);

        Assert.That(() => directory.Check(result.Configuration), Throws.Nothing);
        RowConfiguration longer = result.Configuration with
        {
            Options = result.Configuration.Options with { Epochs = 5 },
        };
        Assert.That(
            () => directory.Check(longer),
            Throws.InstanceOf<UsageException>().With.Message.Contains("options.epochs is 3 there and 5 now"));
    }

    [Test]
    public void A_row_that_does_not_count_images_without_labels_is_the_same()
    {
        using var folder = new DataFolder();
        RowConfiguration configuration = SampleResults.Of("2").Configuration;
        var directory = new RowDirectory(folder.PathOf("study"), StudyRows.Parse("2")[0]);
        directory.Open();
        directory.Claim(configuration);
        Assert.That(
            () => directory.Check(configuration with { Data = configuration.Data with { Unlabelled = 20 } }),
            Throws.Nothing);
    }

    [Test]
    public void A_result_counts_as_the_configurations_only_where_it_is_that()
    {
        using var folder = new DataFolder();
        RowResult result = SampleResults.Of("2");
        RowConfiguration longer = result.Configuration with
        {
            Options = result.Configuration.Options with { Epochs = 5 },
        };
        var directory = new RowDirectory(folder.PathOf("study"), StudyRows.Parse("2")[0]);
        directory.Open();
        directory.Claim(longer);
        Assert.That(
            () => directory.Claim(result.Configuration), Throws.TypeOf<UsageException>(), "it is another's already");
        Assert.That(directory.ReadResult(longer), Is.Null);
        directory.WriteResult(result);
        Assert.That(
            () => directory.ReadResult(longer),
            Throws.TypeOf<UsageException>().With.Message.Contains("options.epochs is 3 there and 5 now"));
        directory.WriteResult(result with { Configuration = longer });
        Assert.That(directory.ReadResult(longer)!.Configuration.Options.Epochs, Is.EqualTo(5));
    }

    [Test]
    public void A_directory_without_files_is_anybodys()
    {
        using var folder = new DataFolder();
        var directory = new RowDirectory(folder.PathOf("study"), StudyRows.Parse("2")[0]);
        Assert.That(() => directory.Check(SampleResults.Of("2").Configuration), Throws.Nothing);
    }

    [TestCase("{")]
    [TestCase("null")]
    public void A_damaged_file_of_the_configuration_is_told(string text)
    {
        using var folder = new DataFolder();
        var directory = new RowDirectory(folder.PathOf("study"), StudyRows.Parse("2")[0]);
        Directory.CreateDirectory(directory.Location);
        File.WriteAllText(directory.PathOf("row.json"), text);
        Assert.That(
            () => directory.Check(SampleResults.Of("2").Configuration),
            Throws.TypeOf<DataException>().With.Message.Contains("row.json' is damaged"));
    }
}
