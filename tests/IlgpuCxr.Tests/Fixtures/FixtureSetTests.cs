using System.Text.Json;

namespace IlgpuCxr.Tests.Fixtures;

public sealed class FixtureSetTests
{
    [Test]
    public void PrefixChangesEveryTensor()
    {
        using var folder = new TemporaryFixtures("other/");
        var other = new FixtureSet(folder.Path);
        float[] named = other.Generate("x", 100, 1), alsoNamed = new FixtureSet(folder.Path).Generate("x", 100, 1);
        Assert.Multiple(() =>
        {
            Assert.That(named, Is.EqualTo(alsoNamed));
            Assert.That(named, Is.Not.EqualTo(other.Generate("y", 100, 1)));
            Assert.That(named, Has.All.InRange(-1, 1));
            using var plain = new TemporaryFixtures("");
            Assert.That(new FixtureSet(plain.Path).Generate("other/x", 100, 1), Is.EqualTo(named));
        });
    }

    [TestCase("{\"shape\":[2,2],\"data\":[1,2,3,4]}")]
    [TestCase("{\"shape\":[2,2],\"sum\":10,\"l2\":5.477225575051661,\"index\":[0,3],\"value\":[1,4]}")]
    [TestCase("[1,2,3,4]")]
    public void DifferenceIsZeroForTheSameAndShowsForAnyOther(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement expected = document.RootElement.Clone();
        Assert.Multiple(() =>
        {
            Assert.That(FixtureSet.RelativeDifference(expected, [1, 2, 3, 4]), Is.LessThan(1e-15));
            Assert.That(FixtureSet.RelativeDifference(expected, [1, 2, 3, 4.001f]), Is.GreaterThan(1e-4));
            Assert.That(
                FixtureSet.RelativeDifference(expected, [1, 2.001f, 3, 4]), Is.GreaterThan(5e-5),
                "Not a sample of the summary.");
            Assert.That(
                FixtureSet.RelativeDifference(expected, [1, 2, 3, float.NaN]), Is.EqualTo(double.PositiveInfinity));
            Assert.That(FixtureSet.RelativeDifference(expected, [1, 2, 3]), Is.EqualTo(double.PositiveInfinity));
        });
    }

    [Test]
    public void FolderWithoutFixturesIsNamed() =>
        Assert.That(
            () => new FixtureSet("no-such-folder"),
            Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("no-such-folder"));

    private sealed class TemporaryFixtures : IDisposable
    {
        public TemporaryFixtures(string prefix) => File.WriteAllText(
            System.IO.Path.Combine(Path, "meta.json"), JsonSerializer.Serialize(new { format = 1, prefix }));

        public string Path { get; } = Directory.CreateTempSubdirectory("ilgpucxr-fixtures-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
