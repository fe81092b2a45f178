using IlgpuCxr.Data;
using IlgpuCxr.Phantoms;
using NetVips;

using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Phantoms;

public sealed class PhantomDatasetTests
{
    private static readonly PhantomCounts Few = new(new(5, 3, 2), new(3, 2, 1), new(3, 2, 2));

    private string root = "";

    [SetUp]
    public void MakeRoot() => root = Directory.CreateTempSubdirectory("ilgpucxr-phantoms-").FullName;

    [TearDown]
    public void DeleteRoot() => Directory.Delete(root, recursive: true);

    [Test]
    public void Part1HasThreeSplitsOfTwoClasses()
    {
        Write("one", Options(StudyPart.Part1));
        Assert.That(CountsByFolder("one"), Is.EquivalentTo(new Dictionary<string, int>
        {
            ["train/infected"] = 5,
            ["train/normal"] = 5,
            ["validation/infected"] = 3,
            ["validation/normal"] = 3,
            ["test/infected"] = 4,
            ["test/normal"] = 3,
        }));
    }

    [Test]
    public void Part2HasTwoLabelledSplitsAndAFlatTestFolder()
    {
        Write("two", Options(StudyPart.Part2));
        Assert.That(CountsByFolder("two"), Is.EquivalentTo(new Dictionary<string, int>
        {
            ["Train/covid-19"] = 2,
            ["Train/normal"] = 5,
            ["Train/pneumonia"] = 3,
            ["Validation/covid"] = 1,
            ["Validation/normal"] = 3,
            ["Validation/pneumonia"] = 2,
            ["Test"] = 7,
        }));
        Assert.That(
            Directory.GetFiles(PathOf("two", "Test")).Select(Path.GetFileName),
            Is.EquivalentTo(Enumerable.Range(0, 7).Select(i => $"{i}.png")));
    }

    [Test]
    public void TheAnswersOfPart2DescribeItsTestImages()
    {
        PhantomDatasetOptions options = Options(StudyPart.Part2);
        Write("two", options);
        string[] lines = File.ReadAllLines(PathOf("two", "Test.csv"));
        Assert.That(lines, Has.Length.EqualTo(options.Counts.Test.Total));
        Assert.That(File.ReadAllText(PathOf("two", "Test.csv")), Does.Not.Contain('\r'));

        var next = new Dictionary<PhantomClass, List<byte[]>>();
        foreach (PhantomClass label in Enum.GetValues<PhantomClass>())
        {
            next[label] = [.. Enumerable.Range(0, options.Counts.Test[label]).Select(index => Phantom.Draw(
                options.Seed, PhantomSplit.Test, label, index, options.Size, options.Difficulty))];
        }
        for (int number = 0; number < lines.Length; number++)
        {
            string[] cells = lines[number].Split(',');
            Assert.That(cells[0], Is.EqualTo($"{number}.png"));
            PhantomClass label = string.Join("", cells[1..]) switch
            {
                "110" => PhantomClass.Covid,
                "010" => PhantomClass.Pneumonia,
                "001" => PhantomClass.Normal,
                _ => throw new AssertionException($"'{lines[number]}' is no label of the study."),
            };
            byte[] pixels = Pixels(PathOf("two", "Test", cells[0]));
            Assert.That(next[label].RemoveAll(p => p.AsSpan().SequenceEqual(pixels)), Is.EqualTo(1), lines[number]);
        }
    }

    [Test]
    public void FilesAreGrayPngsOfTheDrawnPixels()
    {
        PhantomDatasetOptions options = Options(StudyPart.Part1);
        Write("one", options);
        string path = PathOf("one", "train", "infected", "covid-00001.png");
        using VipsImage image = VipsImage.NewFromFile(path);
        Assert.That((image.Width, image.Height, image.Bands), Is.EqualTo((options.Size, options.Size, 1)));
        Assert.That(image.Format, Is.EqualTo(Enums.BandFormat.Uchar));
        Assert.That(Pixels(path), Is.EqualTo(Phantom.Draw(
            options.Seed, PhantomSplit.Train, PhantomClass.Covid, 1, options.Size, options.Difficulty)));
    }

    [TestCase(StudyPart.Part1)]
    [TestCase(StudyPart.Part2)]
    public void FilesDoNotDependOnTheNumberOfThreads(StudyPart part)
    {
        Write("a", Options(part), threads: 1);
        Write("b", Options(part), threads: 5);
        AssertSameFiles("a", "b");
    }

    [Test]
    public void AFewAreTheFirstOfMany()
    {
        var many = new PhantomCounts(new(9, 8, 7), new(6, 5, 4), new(6, 5, 4));
        Write("few", Options(StudyPart.Part1));
        Write("many", Options(StudyPart.Part1) with { Counts = many });
        foreach (string name in Images("few"))
            Assert.That(
                File.ReadAllBytes(PathOf("many", name)), Is.EqualTo(File.ReadAllBytes(PathOf("few", name))), name);
    }

    [TestCase(StudyPart.Part1)]
    [TestCase(StudyPart.Part2)]
    public void AFinishedDirectoryIsLeftAlone(StudyPart part)
    {
        PhantomDatasetOptions options = Options(part);
        int all = options.Counts.Train.Total + options.Counts.Validation.Total + options.Counts.Test.Total;
        Assert.That(Write("a", options), Is.EqualTo(all));
        string some = PathOf("a", Images("a").First());
        DateTime before = File.GetLastWriteTimeUtc(some);
        Assert.That(Write("a", options), Is.Zero);
        Assert.That(File.GetLastWriteTimeUtc(some), Is.EqualTo(before));
    }

    [Test]
    public void AnInterruptedDirectoryIsCompleted()
    {
        PhantomDatasetOptions options = Options(StudyPart.Part2);
        Write("whole", options);

        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder(done =>
        {
            if (done == 4)
                cancellation.Cancel();
        });
        Assert.That(
            () => PhantomDataset.Write(PathOf("cut"), options, threads: 1, progress, cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
        int there = Images("cut").Count();
        Assert.That(there, Is.EqualTo(4));

        // What kill -9 leaves: half a file under its temporary name, and after a power cut an empty one under its own.
        string missing = Images("whole").First(name => !File.Exists(PathOf("cut", name)));
        string half = PathOf("cut", $"{missing}.0123456789abcdef{AtomicFile.TemporarySuffix}");
        File.WriteAllText(half, "half");
        File.WriteAllBytes(PathOf("cut", Images("cut").First()), []);

        Assert.That(Write("cut", options), Is.EqualTo(Images("whole").Count() - there + 1));
        // It stays until it is old enough to be nobody's.
        File.Delete(half);
        AssertSameFiles("whole", "cut");
    }

    [Test]
    public void ADirectoryOfOtherPhantomsIsRefused()
    {
        PhantomDatasetOptions options = Options(StudyPart.Part1);
        Write("a", options);
        Assert.That(
            () => Write("a", options with { Seed = 8 }),
            Throws.InstanceOf<IOException>().With.Message.Contains("phantoms.json"));
    }

    [Test]
    public void ADirectoryWithStrangeFilesIsRefused()
    {
        File.WriteAllText(PathOf("holiday.jpg"), "");
        Assert.That(
            () => PhantomDataset.Write(root, Options(StudyPart.Part1), threads: 1),
            Throws.InstanceOf<IOException>().With.Message.Contains("holiday.jpg"));
        Assert.That(Directory.GetFileSystemEntries(root), Has.Length.EqualTo(1));
    }

    [TestCase(".DS_Store")]
    [TestCase("._covid.png")]
    [TestCase("Thumbs.db")]
    [TestCase("desktop.ini")]
    public void WhatDesktopsLeaveIsIgnored(string name)
    {
        Directory.CreateDirectory(PathOf("a", "train", "normal"));
        File.WriteAllText(PathOf("a", name), "");
        File.WriteAllText(PathOf("a", "train", "normal", name), "");
        Write("a", Options(StudyPart.Part1));
        Assert.That(Write("a", Options(StudyPart.Part1)), Is.Zero);
    }

    [Test]
    public void ProgressRisesByOneToTheNumberOfImages()
    {
        var told = new List<int>();
        PhantomDataset.Write(PathOf("a"), Options(StudyPart.Part1), threads: 2, new Recorder(told.Add));
        Assert.That(told, Is.EqualTo(Enumerable.Range(0, 24)));
    }

    [Test]
    public void CountsLikeTheStudysKeepItsImbalance()
    {
        PhantomCounts part1 = PhantomCounts.LikeStudy(StudyPart.Part1, train: 12000, held: 1500);
        Assert.That(
            part1, Is.EqualTo(new PhantomCounts(new(7081, 3689, 1230), new(885, 461, 154), new(885, 461, 154))));
        PhantomCounts part2 = PhantomCounts.LikeStudy(StudyPart.Part2, train: 620, held: 157);
        Assert.That(part2, Is.EqualTo(new PhantomCounts(new(400, 200, 20), new(100, 50, 7), new(100, 50, 7))));
        PhantomCounts tiny = PhantomCounts.LikeStudy(StudyPart.Part2, train: 6, held: 3);
        Assert.That(tiny, Is.EqualTo(new PhantomCounts(new(3, 2, 1), new(1, 1, 1), new(1, 1, 1))));
    }

    private static PhantomDatasetOptions Options(StudyPart part) => new(part, Few, Size: 32, Seed: 7);

    private int Write(string name, PhantomDatasetOptions options, int threads = 2) =>
        PhantomDataset.Write(PathOf(name), options, threads);

    private string PathOf(params string[] parts) => Path.Combine([root, .. parts]);

    private IEnumerable<string> Images(string name) => Directory
        .EnumerateFiles(PathOf(name), "*.png", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(PathOf(name), path))
        .Order(StringComparer.Ordinal);

    private Dictionary<string, int> CountsByFolder(string name) => Images(name)
        .GroupBy(path => Path.GetDirectoryName(path)!.Replace('\\', '/'))
        .ToDictionary(group => group.Key, group => group.Count());

    private void AssertSameFiles(string first, string second)
    {
        string[] names = [.. Directory.EnumerateFiles(PathOf(first), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(PathOf(first), path))];
        Assert.That(
            Directory.EnumerateFiles(PathOf(second), "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(PathOf(second), path)),
            Is.EquivalentTo(names));
        foreach (string name in names)
            Assert.That(
                File.ReadAllBytes(PathOf(second, name)), Is.EqualTo(File.ReadAllBytes(PathOf(first, name))), name);
    }

    private static byte[] Pixels(string path)
    {
        using VipsImage image = VipsImage.NewFromFile(path);
        return image.WriteToMemory<byte>();
    }

    /// <summary>Unlike <see cref="Progress{T}"/> it calls at once, on the reporting thread.</summary>
    private sealed class Recorder(Action<int> action) : IProgress<int>
    {
        public void Report(int value) => action(value);
    }
}
