using System.Runtime.Versioning;
using IlgpuCxr.Data;
using IlgpuCxr.Reproduction;

namespace IlgpuCxr.Tests.Data;

public sealed class ImageDatasetTests
{
    [Test]
    public void Labels_are_the_places_of_the_sorted_class_directories()
    {
        using DataFolder data = DataFolder.Complete(2);

        ImageDataset folder = ImageDataset.Open(data.Root);

        Assert.That(folder.ClassNames, Is.EqualTo(new[] { "infected", "normal" }));
        Assert.That(folder.Train, Is.EqualTo(new[]
        {
            new ImageSample(data.PathOf("train", "infected", "0.png"), 0),
            new ImageSample(data.PathOf("train", "infected", "1.png"), 0),
            new ImageSample(data.PathOf("train", "normal", "0.png"), 1),
            new ImageSample(data.PathOf("train", "normal", "1.png"), 1),
        }));
        Assert.That(folder.Validation, Has.Count.EqualTo(4));
        Assert.That(folder.Test, Has.Count.EqualTo(4));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows links need a privilege.")]
    public void Links_to_directories_are_followed_but_not_round_and_round()
    {
        using DataFolder data = DataFolder.Complete(2);
        using DataFolder more = DataFolder.Complete(3);
        Directory.CreateSymbolicLink(data.PathOf("train", "normal", "round"), ".");
        Directory.CreateSymbolicLink(data.PathOf("train", "normal", "up"), "../..");
        Directory.CreateSymbolicLink(data.PathOf("train", "normal", "more"), more.PathOf("train", "normal"));
        Directory.CreateSymbolicLink(more.PathOf("train", "normal", "back"), data.PathOf("train", "normal"));

        IEnumerable<string> normal = ImageDataset.Open(data.Root).Train
            .Where(sample => sample.Label == 1)
            .Select(sample => Path.GetRelativePath(data.Root, sample.Path));

        Assert.That(
            normal,
            Is.EqualTo(
                new[]
                {
                    "train/normal/0.png",
                    "train/normal/1.png",
                    "train/normal/more/0.png",
                    "train/normal/more/1.png",
                    "train/normal/more/2.png",
                }));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows other means bar a directory.")]
    [UnsupportedOSPlatform("windows")]
    public void Images_that_may_not_be_listed_are_not_left_out_silently()
    {
        using DataFolder data = DataFolder.Complete(2);
        data.WriteImage("train/normal/barred/0.png");
        string barred = data.PathOf("train", "normal", "barred");
        File.SetUnixFileMode(barred, UnixFileMode.None);
        try
        {
            Assume.That(() => Directory.GetFiles(barred), Throws.Exception, "root may read everything");
            Assert.That(
                () => ImageDataset.Open(data.Root),
                Throws.TypeOf<DataException>().With.Message.Contains("cannot be listed").And.Message.Contains(barred));
        }
        finally
        {
            File.SetUnixFileMode(barred, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows other means bar a directory.")]
    [UnsupportedOSPlatform("windows")]
    public void A_directory_that_may_not_be_listed_is_named_by_whatever_looks_into_it()
    {
        using DataFolder data = DataFolder.Complete(2);
        File.SetUnixFileMode(data.Root, UnixFileMode.UserExecute);
        try
        {
            Assume.That(() => Directory.GetFiles(data.Root), Throws.Exception, "root may read everything");
            foreach (Action look in new Action[]
            {
                () => ImageDataset.TaskOf(data.Root),
                () => StudyData.Open(StudyPart.Part1, data.Root),
                () => StudyData.Open(StudyPart.Part2, data.Root),
            })
            {
                Assert.That(
                    look,
                    Throws.TypeOf<DataException>().With.Message.Contains(
                        $"'{data.Root}' cannot be listed").And.Message.EndsWith("check its permissions."));
            }
        }
        finally
        {
            File.SetUnixFileMode(data.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [TestCase("train/normal/0.png")]
    [TestCase("validation/normal/0.png")]
    [TestCase("test/normal/0.png")]
    public void Another_file_of_the_same_name_has_another_digest(string name)
    {
        using DataFolder data = DataFolder.Complete(2);
        string before = ImageDataset.Open(data.Root).Describe().Digest;
        data.Write(name, [1, 2, 3]);
        Assert.That(ImageDataset.Open(data.Root).Describe().Digest, Is.Not.EqualTo(before));
    }

    [Test]
    public void A_limit_is_spread_evenly_over_each_class()
    {
        using DataFolder data = DataFolder.Complete(6);
        IEnumerable<string> names = ImageDataset.Open(data.Root).Limit(4).Train.Select(
            sample => Path.GetFileName(sample.Path));
        Assert.That(names, Is.EqualTo(new[] { "0.png", "3.png", "0.png", "3.png" }));
    }

    [Test]
    public void A_limit_leaves_each_split_its_own_images_and_each_class_one_at_least()
    {
        using var data = new DataFolder();
        foreach ((string place, int images) in new[]
        {
            ("train/infected", 19), ("train/normal", 1), ("validation/infected", 6), ("validation/normal", 6),
            ("test/infected", 4), ("test/normal", 8),
        })
        {
            for (int i = 0; i < images; i++)
                data.Write($"{place}/{i}.png", []);
        }
        ImageDataset all = ImageDataset.Open(data.Root), some = all.Limit(6);
        Assert.That(some.Train, Has.Count.EqualTo(7).And.SubsetOf(all.Train));
        Assert.That(some.Train[^1].Label, Is.EqualTo(1), "one image of twenty, of which six are wanted");
        Assert.That(some.Validation, Has.Count.EqualTo(6).And.SubsetOf(all.Validation));
        Assert.That(some.Test, Has.Count.EqualTo(6).And.SubsetOf(all.Test));
    }

    [Test]
    public void Files_are_sorted_by_code_point_directory_by_directory()
    {
        using DataFolder data = DataFolder.Complete(0);
        foreach (string split in new[] { "train", "validation", "test" })
            data.Write($"{split}/infected/x.png", []);
        foreach (string name in new[] { "b.png", "B.png", "a10.png", "a2.png", "deeper/a.png", "Zz/y.jpeg" })
            data.Write($"train/normal/{name}", []);
        foreach (string split in new[] { "validation", "test" })
            data.Write($"{split}/normal/x.png", []);

        IEnumerable<string> names = ImageDataset.Open(data.Root).Train.Where(sample => sample.Label == 1)
            .Select(sample => Path.GetRelativePath(data.PathOf("train", "normal"), sample.Path).Replace('\\', '/'));

        Assert.That(names, Is.EqualTo(new[] { "B.png", "a10.png", "a2.png", "b.png", "Zz/y.jpeg", "deeper/a.png" }));
    }

    [Test]
    public void Only_images_count_whatever_the_case_of_their_extension()
    {
        using DataFolder data = DataFolder.Complete(1);
        foreach (string name in new[] { "desktop.ini", "Thumbs.db", "notes.txt", "png" })
            data.Write($"train/infected/{name}", [1]);
        data.Write("train/infected/Scan.PNG", [1]);
        foreach (string hidden in new[] { "train/.ipynb_checkpoints/x.png", "train/infected/.ipynb_checkpoints/x.png", "train/infected/._0.png" })
            data.Write(hidden, [1]);
        data.Write("train/stray.png", [1]);

        Assert.That(
            ImageDataset.Open(data.Root).Train.Select(sample => Path.GetFileName(sample.Path)),
            Is.EqualTo(new[] { "0.png", "Scan.PNG", "0.png" }));
    }

    [Test]
    public void Images_of_every_kind_that_can_be_read_are_listed()
    {
        using var data = new DataFolder();
        string[] names = ["0.jpg", "1.jpeg", "2.png", "3.bmp", "4.tif", "5.tiff", "6.webp"];
        foreach (string name in names)
            data.Write(name, [1]);
        Assert.That(
            ImageDirectory.Flat(data.Root).Select(sample => Path.GetFileName(sample.Path)), Is.EqualTo(names));
    }

    [Test]
    public void Hidden_files_are_not_predicted()
    {
        using var data = new DataFolder();
        data.Write("._0.png", [1]);
        data.Write("0.png", [1]);
        Assert.That(
            ImageDirectory.Flat(data.Root).Select(sample => Path.GetFileName(sample.Path)),
            Is.EqualTo(new[] { "0.png" }));
    }

    [TestCase("Train", "Validation", "Test")]
    [TestCase("TRAIN", "val", "test")]
    [TestCase("train", "Val", "TEST")]
    public void Splits_are_found_in_any_case(string train, string validation, string test)
    {
        using var data = new DataFolder();
        foreach (string split in new[] { train, validation, test })
        {
            data.Write($"{split}/a/1.png", []);
            data.Write($"{split}/b/1.png", []);
        }

        ImageDataset folder = ImageDataset.Open(data.Root);
        Assert.That(
            new[] { folder.Train.Count, folder.Validation.Count, folder.Test.Count }, Is.EqualTo(new[] { 2, 2, 2 }));
    }

    [Test]
    public void The_test_split_may_be_missing()
    {
        using DataFolder data = DataFolder.Complete(1);
        Directory.Delete(data.PathOf("test"), recursive: true);

        Assert.That(ImageDataset.Open(data.Root).Test, Is.Empty);
    }

    [Test]
    public void Evaluating_takes_the_classes_of_the_checkpoint()
    {
        using DataFolder data = DataFolder.Complete(1);
        Directory.Delete(data.PathOf("train"), recursive: true);
        Directory.Delete(data.PathOf("test", "infected"), recursive: true);
        Directory.CreateDirectory(data.PathOf("test", "infected"));
        Directory.Move(data.PathOf("validation"), data.PathOf("Val"));
        string[] classes = ["infected", "maybe", "normal"];

        ImageDataset folder = ImageDataset.OpenForEvaluation(data.Root, ClassificationTask.Binary, classes);

        Assert.That(folder.ClassNames, Is.EqualTo(classes));
        Assert.That(folder.Validation.Select(sample => sample.Label), Is.EqualTo(new[] { 0, 2 }));
        Assert.That(folder.Test, Is.EqualTo(new[] { new ImageSample(data.PathOf("test", "normal", "0.png"), 2) }));
    }

    [Test]
    public void Evaluating_takes_the_studys_labels_by_their_directories()
    {
        using DataFolder data = DataFolder.CompletePart2(1);
        Directory.Delete(data.PathOf("Train"), recursive: true);
        string[] classes = ["covid", "pneumonia", "normal"];
        ImageDataset folder = ImageDataset.OpenForEvaluation(data.Root, ClassificationTask.MultiLabel, classes);
        Assert.That(folder.Validation.Select(sample => sample.Label), Is.EqualTo(new[] { 0b011, 0b100, 0b010 }));
        Assert.That(folder.Unlabelled, Has.Count.EqualTo(4));
    }

    [TestCase("cat", "infected, normal but the checkpoint has cat, normal")]
    [TestCase(null, "no image with a class in the splits validation and test")]
    public void What_a_checkpoint_cannot_be_evaluated_on_is_named(string? otherClass, string expected)
    {
        using DataFolder data = DataFolder.Complete(1);
        if (otherClass is null)
        {
            Directory.Delete(data.PathOf("validation"), recursive: true);
            Directory.Delete(data.PathOf("test"), recursive: true);
        }
        Assert.That(
            () =>
                ImageDataset.OpenForEvaluation(
                    data.Root, ClassificationTask.Binary, [otherClass ?? "infected", "normal"]),
            Throws.TypeOf<DataException>().With.Message.Contains(expected).And.Message.Contains(data.Root));
    }

    [Test]
    public void A_missing_root_is_named() => Refused("/no/such/data", "/no/such/data");

    [TestCase("train")]
    [TestCase("validation")]
    public void A_missing_split_is_named(string split)
    {
        using DataFolder data = DataFolder.Complete(1);
        Directory.Delete(data.PathOf(split), recursive: true);

        Refused(data.Root, $"no split '{split}'");
    }

    [Test]
    public void An_empty_root_is_named()
    {
        using var data = new DataFolder();

        Refused(data.Root, "empty");
    }

    [Test]
    public void An_empty_split_is_named()
    {
        using DataFolder data = DataFolder.Complete(1);
        Directory.Delete(data.PathOf("train"), recursive: true);
        Directory.CreateDirectory(data.PathOf("train"));

        Refused(data.Root, "empty", data.PathOf("train"));
    }

    [Test]
    public void A_single_class_is_named()
    {
        using DataFolder data = DataFolder.Complete(1);
        Directory.Delete(data.PathOf("train", "normal"), recursive: true);

        Refused(data.Root, "only the class 'infected'");
    }

    [TestCase("validation")]
    [TestCase("test")]
    public void Splits_with_different_classes_are_named_with_their_classes(string split)
    {
        using DataFolder data = DataFolder.Complete(1);
        Directory.Move(data.PathOf(split, "normal"), data.PathOf(split, "Normal2"));

        Refused(data.Root, data.PathOf(split), "Normal2, infected");
    }

    [TestCase("train")]
    [TestCase("test")]
    public void A_class_without_images_is_named(string split)
    {
        using DataFolder data = DataFolder.Complete(1);
        File.Move(data.PathOf(split, "normal", "0.png"), data.PathOf(split, "normal", "0.gif"));

        Refused(data.Root, data.PathOf(split, "normal"));
    }

    [Test]
    public void Two_directories_for_one_split_are_named()
    {
        using DataFolder data = DataFolder.Complete(1);
        data.Write("val/infected/0.png", []);

        Refused(data.Root, "validation", "val", "twice");
    }

    [Test]
    public void The_real_x_rays_have_the_published_counts()
    {
        ImageDataset folder = ImageDataset.Open(SharedData.XRays);

        Assert.That(Counts(folder.Train), Is.EqualTo(new[] { 400, 318 }));
        Assert.That(Counts(folder.Validation), Is.EqualTo(new[] { 67, 49 }));
        Assert.That(Counts(folder.Test), Is.EqualTo(new[] { 64, 65 }));

        static int[] Counts(IReadOnlyList<ImageSample> samples) =>
            [samples.Count(sample => sample.Label == 0), samples.Count(sample => sample.Label == 1)];
    }

    private static void Refused(string root, params string[] parts)
    {
        DataException? refusal = Assert.Throws<DataException>(() => ImageDataset.Open(root));
        foreach (string part in parts)
            Assert.That(refusal!.Message, Does.Contain(part));
        Assert.That(refusal!.Message, Does.EndWith("."));
    }
}
