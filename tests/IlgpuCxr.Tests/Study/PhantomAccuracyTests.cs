using IlgpuCxr.Study;
using IlgpuCxr.Tests.Cli;

namespace IlgpuCxr.Tests.Study;

/// <summary>
/// A whole row of the study on phantoms, as <c>cxr reproduce</c> trains it: a network must learn what it has not seen.
/// </summary>
public sealed class PhantomAccuracyTests
{
    // Of 150 images, three standard errors of an accuracy of 60 % are 12 points: no network that guesses is so far
    // above the larger class.
    private const double PointsAboveMajority = 15;

    [Test]
    public void ResNet18_tells_unseen_phantoms_apart()
    {
        using var cxr = new CommandLine();
        string study = cxr.PathOf("study");
        CommandResult run = cxr.Run("reproduce", "--rows", "8", "--device", "cpu", "--out", study);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("The paper's training accuracy of row 8 is a misprint"));
        RowResult result = new RowDirectory(study, StudyRows.Parse("8")[0]).ReadResult()!;
        foreach (string split in new[] { "validation", "test" })
        {
            SplitResult held = result.Of(split)!;
            double majority = 100.0 * held.Classes.Max(c => c.Images) / held.Images;
            TestContext.Out.WriteLine($"{split}: {held.Accuracy:F2} %, always the larger class {majority:F2} %");
            Assert.That(held.Accuracy, Is.GreaterThan(majority + PointsAboveMajority), split);
        }
    }
}
