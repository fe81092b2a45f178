using IlgpuCxr.Tests.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

/// <summary>
/// What holds for a run of either part; a run that is never interrupted is what others are compared with.
/// </summary>
public abstract class TrainingRunTests
{
    private readonly TrainingOptions options;
    private readonly Func<DataFolder> createData;

    /// <param name="options">How it is trained.</param>
    /// <param name="createData">Makes its images.</param>
    private protected TrainingRunTests(TrainingOptions options, Func<DataFolder> createData) =>
        (this.options, this.createData) = (options, createData);

    private protected DataFolder Data { get; private set; }

    private protected SmallRun Reference { get; private set; }

    private protected IReadOnlyList<EpochResult> History { get; private set; }

    [OneTimeSetUp]
    public void TrainOnce()
    {
        Data = createData();
        Reference = new SmallRun(Data.Root);
        History = Reference.Train(options);
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        Reference.Dispose();
        Data.Dispose();
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public void The_same_seed_gives_the_same_bytes_for_any_number_of_threads(int threads)
    {
        using var run = new SmallRun(Data.Root);
        run.Train(options, threads);
        AssertSameBytes(run);
    }

    private protected void AssertSameBytes(SmallRun run)
    {
        Assert.That(run.Best, Is.EqualTo(Reference.Best), "best");
        Assert.That(run.Last, Is.EqualTo(Reference.Last), "last");
    }
}
