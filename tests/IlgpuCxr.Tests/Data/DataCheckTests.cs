using IlgpuCxr.Data;
using NetVips;
using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Data;

public sealed class DataCheckTests
{
    [Test]
    public void Sound_data_is_counted()
    {
        using DataFolder folder = DataFolder.Complete(2);
        DataCheck check = Check(folder);
        Assert.That(
            check.Counts.Select(count => $"{count.Split} {count.Images}: {string.Join(' ', count.Classes)}"),
            Is.EqualTo(new[] { "train 4: 2 2", "validation 4: 2 2", "test 4: 2 2" }));
        Assert.That(check.Unreadable, Is.Empty);
        Assert.That(check.Duplicates.Concat(check.Repeats), Is.Empty);
        Assert.That(check.Patients, Is.Empty);
    }

    [Test]
    public void An_image_in_two_splits_or_two_classes_is_found()
    {
        using DataFolder folder = DataFolder.Complete(2);
        byte[] image = File.ReadAllBytes(folder.PathOf("train", "normal", "0.png"));
        folder.Write("test/normal/copy.png", image);
        byte[] other = File.ReadAllBytes(folder.PathOf("train", "normal", "1.png"));
        folder.Write("train/infected/copy.png", other);
        folder.Write("train/normal/again.png", other);
        Assert.That(
            Check(folder).Duplicates.Select(file => string.Join(
                ' ',
                file.Paths.Select(path => Path.GetRelativePath(folder.Root, path).Replace('\\', '/')).Order())),
            Is.EquivalentTo(
                new[]
                {
                    "test/normal/copy.png train/normal/0.png",
                    "train/infected/copy.png train/normal/1.png train/normal/again.png",
                }));
    }

    [Test]
    public void The_same_image_twice_in_a_class_is_no_leak_but_told()
    {
        using DataFolder folder = DataFolder.Complete(2);
        folder.Write("train/normal/again.png", File.ReadAllBytes(folder.PathOf("train", "normal", "0.png")));
        DataCheck check = Check(folder);
        Assert.That(check.Duplicates, Is.Empty);
        Assert.That(
            check.Repeats.Single().Paths.Select(Path.GetFileName), Is.EquivalentTo(new[] { "0.png", "again.png" }));
    }

    [Test]
    public void An_image_that_is_among_those_without_labels_too_is_found()
    {
        using DataFolder folder = StudyFolders.Part2();
        folder.Write("Test/9.png", File.ReadAllBytes(folder.PathOf("Train", "normal", "0.png")));
        Assert.That(
            Check(folder).Duplicates.Single().Paths,
            Is.EqualTo(new[] { folder.PathOf("Train", "normal", "0.png"), folder.PathOf("Test", "9.png") }));
    }

    [Test]
    public void A_patient_in_two_splits_is_found_by_the_nihs_names()
    {
        using DataFolder folder = DataFolder.Complete(2);
        folder.WriteImage("train/normal/00000061_012.png", seed: 90);
        folder.WriteImage("validation/normal/00000061_015.png", seed: 91);
        folder.WriteImage("train/normal/00000165_001.png", seed: 92);
        folder.WriteImage("train/infected/00000165_002.png", seed: 93);
        SharedPatient patient = Check(folder).Patients.Single();
        Assert.That((patient.Patient, patient.Images), Is.EqualTo(("00000061", 2)));
        Assert.That(patient.Splits, Is.EqualTo(new[] { "train", "validation" }));
    }

    [Test]
    public void What_a_table_has_in_two_splits_is_found_though_no_run_would_take_it()
    {
        using DataFolder folder = DataFolder.Complete(3);
        string table = folder.Write(
            "images.csv",
            """
            path,labels,split,patient
            train/normal/0.png,normal,train,anna
            train/normal/1.png,normal,train,00000061
            train/infected/0.png,infected,train,bert
            train/infected/1.png,infected,train,
            validation/normal/0.png,normal,validation,anna
            validation/infected/0.png,infected,validation,bert
            validation/infected/0.png,infected,test,bert
            test/infected/0.png,infected,test,cleo
            """u8.ToArray());
        DataCheck check = DataCheck.Run(table, new VipsImageDecoder(), 2, null, CancellationToken.None);
        Assert.That(
            check.Patients.Select(patient => $"{patient.Patient} {patient.Images} {string.Join('+', patient.Splits)}"),
            Is.EqualTo(new[] { "anna 2 train+validation", "bert 3 train+validation+test" }));
        Assert.That(
            check.Duplicates.Single().Paths,
            Is.EqualTo(Enumerable.Repeat(folder.PathOf("validation", "infected", "0.png"), 2)));
        Assert.That(
            check.Counts.Select(count => $"{count.Split} {count.Images}"),
            Is.EqualTo(new[] { "train 4", "validation 2", "test 2" }));
    }

    [Test]
    public void A_damaged_file_is_named()
    {
        using DataFolder folder = DataFolder.Complete(2);
        folder.Write("train/normal/notes.png", "no image"u8.ToArray());
        Assert.That(Check(folder).Unreadable.Single().Reason, Does.Contain("notes.png"));
    }

    [Test]
    public void A_file_that_memory_may_not_hold_is_named()
    {
        using DataFolder folder = DataFolder.Complete(2);
        using (FileStream file = File.OpenWrite(folder.Write("train/normal/long.png", [])))
            file.SetLength(3L << 30);
        Assert.That(Check(folder).Unreadable.Single().Reason, Does.Contain("long.png"));
    }

    [TestCase(12, true)]
    [TestCase(13, false)]
    public void An_image_of_16_bits_with_values_of_12_is_found(int bits, bool isFound)
    {
        using DataFolder folder = DataFolder.Complete(2);
        ushort[] levels = [.. Enumerable.Range(0, 8 * 4).Select(i => (ushort)((1 << bits) - 1 - i))];
        using VipsImage memory = VipsImage.NewFromMemory(levels, 8, 4, 1, Enums.BandFormat.Ushort);
        using VipsImage image = memory.Copy(interpretation: Enums.Interpretation.Grey16);
        string path = folder.WriteImage("train/normal/deep.png", image);
        Assert.That(Check(folder).Dark, Is.EqualTo(isFound ? new[] { path } : []));
    }

    [Test]
    public void Part_2s_layout_is_known_by_its_class_directories()
    {
        using DataFolder folder = StudyFolders.Part2();
        DataCheck check = Check(folder);
        Assert.That(check.Data.ClassNames, Is.EqualTo(new[] { "covid", "pneumonia", "normal" }));
        // A COVID-19 image counts as a pneumonia too.
        Assert.That(check.Counts[0].Classes, Is.EqualTo(new[] { 2, 5, 3 }));
        Assert.That(
            check.Counts[^1],
            Is.EqualTo(new SplitCount("test, unlabelled", 3, [])).Using<SplitCount>(
                (a, b) => a.Split == b.Split && a.Images == b.Images && b.Classes.Count == a.Classes.Count));
    }

    private static DataCheck Check(DataFolder folder) =>
        DataCheck.Run(folder.Root, new VipsImageDecoder(), 2, null, CancellationToken.None);
}
