using IlgpuCxr.Data;

namespace IlgpuCxr.Tests.Data;

public sealed class MultiLabelFolderTests
{
    private const int Covid = 0b011, Pneumonia = 0b010, Normal = 0b100;

    [Test]
    public void Directories_tell_the_labels_whatever_the_split_calls_them()
    {
        using DataFolder data = DataFolder.CompletePart2(2);
        ImageDataset folder = ImageDataset.Open(data.Root, ClassificationTask.MultiLabel);

        Assert.That(folder.ClassNames, Is.EqualTo(new[] { "covid", "pneumonia", "normal" }));
        Assert.That(
            folder.Train.Select(sample => sample.Label),
            Is.EqualTo(new[] { Covid, Covid, Normal, Normal, Pneumonia, Pneumonia }));
        Assert.That(
            folder.Validation.Select(sample => sample.Label),
            Is.EqualTo(new[] { Covid, Covid, Normal, Normal, Pneumonia, Pneumonia }));
        Assert.That(folder.Train[0].Path, Is.EqualTo(data.PathOf("Train", "covid-19", "0.png")));
        Assert.That(folder.Validation[0].Path, Is.EqualTo(data.PathOf("Validation", "covid", "0.png")));
        Assert.That(folder.Test, Is.Empty);
    }

    [Test]
    public void Images_of_unknown_class_come_in_the_order_of_their_numbers()
    {
        using DataFolder data = DataFolder.CompletePart2(1);
        foreach (string name in new[] { "desktop.ini", "2.png", "0.png", "10.jpg", "1.png", "100.png", "below/3.png" })
            data.Write($"numbered/{name}", [1]);

        Assert.That(
            ImageDirectory.Flat(data.PathOf("numbered")).Select(sample => Path.GetFileName(sample.Path)),
            Is.EqualTo(new[] { "0.png", "1.png", "2.png", "10.jpg", "100.png" }));
        Assert.That(
            ImageDataset.Open(
                data.Root, ClassificationTask.MultiLabel).Unlabelled.Select(sample => Path.GetFileName(sample.Path)),
            Is.EqualTo(new[] { "0.png", "1.png", "10.png", "11.png" }));
    }

    [Test]
    public void A_test_split_with_classes_is_evaluated()
    {
        using DataFolder data = DataFolder.CompletePart2(1);
        Directory.Delete(data.PathOf("Test"), recursive: true);
        foreach (string name in new[] { "COVID", "normal", "pneumonia" })
            data.Write($"test/{name}/0.png", [1]);

        ImageDataset folder = ImageDataset.Open(data.Root, ClassificationTask.MultiLabel);
        Assert.That(folder.Test.Select(sample => sample.Label), Is.EqualTo(new[] { Covid, Normal, Pneumonia }));
        Assert.That(folder.Unlabelled, Is.Empty);
    }

    [TestCase("Train", "viral")]
    [TestCase("Validation", "covid-19")]
    public void Directories_that_tell_no_labels_are_named(string split, string name)
    {
        using DataFolder data = DataFolder.CompletePart2(1);
        data.Write($"{split}/{name}/0.png", [1]);

        Assert.That(
            () => ImageDataset.Open(data.Root, ClassificationTask.MultiLabel),
            Throws.TypeOf<DataException>().With.Message.Contains(data.PathOf(split)).And.Message.Contains(name).And.Message.Contains("three"));
    }

    [Test]
    public void A_missing_class_is_named()
    {
        using DataFolder data = DataFolder.CompletePart2(1);
        Directory.Delete(data.PathOf("Validation", "covid"), recursive: true);

        Assert.That(
            () => ImageDataset.Open(data.Root, ClassificationTask.MultiLabel),
            Throws.TypeOf<DataException>().With.Message.Contains("normal, pneumonia"));
    }

    [Test]
    public void The_same_directories_are_three_classes_of_one_class_an_image()
    {
        using DataFolder data = DataFolder.CompletePart2(1);
        Directory.Move(data.PathOf("Validation", "covid"), data.PathOf("Validation", "covid-19"));

        Assert.That(ImageDataset.Open(data.Root).ClassNames, Is.EqualTo(new[] { "covid-19", "normal", "pneumonia" }));
    }

    [Test]
    public void An_empty_directory_has_no_images_to_predict()
    {
        using var data = new DataFolder();
        Assert.That(
            () => ImageDirectory.Flat(data.Root), Throws.TypeOf<DataException>().With.Message.Contains(data.Root));
    }
}
