using IlgpuCxr.Data;

namespace IlgpuCxr.Tests.Data;

public sealed class ImageTableTests
{
    private DataFolder data;

    [SetUp]
    public void MakeFolder() => data = new DataFolder();

    [TearDown]
    public void RemoveIt() => data.Dispose();

    [Test]
    public void Labels_are_sets_and_paths_are_relative_to_the_file()
    {
        ImageDataset images = Open(
            ClassificationTask.MultiLabel,
            "Path, Labels, Split, Patient", "a/1.png, covid|pneumonia, train, 1", "2.png, normal, VAL, 2",
            "3.png, pneumonia | covid, test, 3", "4.png, , test, 3", "5.png,,train,", "6.png,normal,train,");
        Assert.That(
            images.ClassNames, Is.EqualTo(new[] { "covid", "pneumonia", "normal" }),
            "The study's order, not the alphabet's.");
        Assert.That(
            images.Train,
            Is.EqualTo(
                new[]
                {
                    new ImageSample(data.PathOf("a/1.png"), 0b011),
                    new ImageSample(data.PathOf("5.png"), 0),
                    new ImageSample(data.PathOf("6.png"), 0b100),
                }));
        Assert.That(images.Validation, Is.EqualTo(new[] { new ImageSample(data.PathOf("2.png"), 0b100) }));
        Assert.That(images.Test, Is.EqualTo(new[] { new ImageSample(data.PathOf("3.png"), 0b011) }));
        Assert.That(images.Unlabelled, Is.EqualTo(new[] { new ImageSample(data.PathOf("4.png"), 0) }));
    }

    [Test]
    public void Paths_may_have_the_separators_of_windows()
    {
        ImageDataset images = Open(
            ClassificationTask.Binary, "path,labels,split", @"images\a\1.png,a,train", "images/2.png,b,train",
            @".\3.png,a,val");
        Assert.That(
            images.Train.Concat(images.Validation).Select(sample => sample.Path),
            Is.EqualTo(new[] { data.PathOf("images/a/1.png"), data.PathOf("images/2.png"), data.PathOf("3.png") }));
    }

    [Test]
    public void Other_labels_or_names_have_another_digest()
    {
        string[] digests = [.. new[] { ("1.png,a", "2.png,b"), ("1.png,b", "2.png,a"), ("1.png,a", "3.png,b") }.Select(
            lines => Open(
                ClassificationTask.Binary, "path,labels,split", $"{lines.Item1},train", $"{lines.Item2},train",
                "4.png,a,val").Describe().Digest)];
        Assert.That(digests, Is.Unique);
    }

    [Test]
    public void One_class_an_image_is_its_place_among_the_sorted_names()
    {
        ImageDataset images = Open(
            ClassificationTask.Binary, "split,labels,path", "train,normal,\"a, b.png\"", "train,infected,c.png",
            "validation,normal,d.png");
        Assert.That(images.ClassNames, Is.EqualTo(new[] { "infected", "normal" }));
        Assert.That(
            images.Train,
            Is.EqualTo(
                new[] { new ImageSample(data.PathOf("a, b.png"), 1), new ImageSample(data.PathOf("c.png"), 0) }));
    }

    [Test]
    public void Of_one_class_an_image_the_studys_names_are_sorted_too()
    {
        ImageDataset images = Open(
            ClassificationTask.Binary, "path,labels,split", "1.png,covid,train", "2.png,pneumonia,train",
            "3.png,normal,train", "4.png,normal,val");
        Assert.That(images.ClassNames, Is.EqualTo(new[] { "covid", "normal", "pneumonia" }));
    }

    [TestCase(ClassificationTask.Binary, "1.png,a,train", "2.png,b,train", "3.png,,test")]
    [TestCase(ClassificationTask.MultiLabel, "1.png,a,train", "2.png,b|a,train", "3.png,b,val")]
    public void Several_labels_in_a_line_tell_the_task(ClassificationTask task, params string[] lines)
    {
        File.WriteAllLines(data.PathOf("data.csv"), ["path,labels,split", .. lines]);
        Assert.That(ImageDataset.TaskOf(data.PathOf("data.csv")), Is.EqualTo(task));
    }

    [TestCase("Line 3 of", "has 2 labels", "path,labels,split", "1.png,a,train", "2.png,a|b,train", "3.png,b,val")]
    [TestCase(
        "Line 2 of", "has 0 labels", "path,labels,split", "1.png,,train", "2.png,a,train", "3.png,b,train",
        "4.png,b,val")]
    [TestCase(
        "'Normal' and 'normal'", "write them alike", "path,labels,split", "1.png,covid,train", "2.png,normal,train",
        "3.png,Normal,val")]
    [TestCase(
        "Line 4 of", "the label 'nromal', which no image of the split train has", "path,labels,split",
        "1.png,covid,train", "2.png,normal,train", "3.png,nromal,val")]
    [TestCase("Line 2 of", "'holdout'", "path,labels,split", "1.png,a,holdout")]
    [TestCase("Line 2 of", "no path", "path,labels,split", ",a,train")]
    [TestCase("no image of the split validation", "", "path,labels,split", "1.png,a,train", "2.png,b,train")]
    [TestCase("1 different labels", "", "path,labels,split", "1.png,a,train", "2.png,a,val")]
    [TestCase(
        "Line 1 of", "names no column labels; let it name path, labels, split and perhaps patient", "path,label,split",
        "1.png,a,train")]
    [TestCase("Line 1 of", "names no column path, labels, split", "")]
    [TestCase("Line 1 of", "and perhaps patient, separated by commas.", "path;labels;split")]
    [TestCase("Line 3 of", "has 2 of the 3 columns", "path,labels,split", "1.png,a,train", "2.png,b")]
    [TestCase("Line 2 of", "check its quotes", "path,labels,split", "1.png,a\"b\",train")]
    [TestCase(
        "patient '7'", "lines 2 and 4", "path,labels,split,patient", "1.png,a,train,7", "2.png,b,train,",
        "3.png,b,val,7")]
    [TestCase(
        "1.png' has two splits", "lines 2 and 4", "path,labels,split", "1.png,a,train", "2.png,b,train",
        "x/../1.png,a,val")]
    [TestCase(
        "1.png' has two splits or labels", "lines 2 and 3", "path,labels,split", "1.png,a,train", "1.png,b,train",
        "3.png,b,val")]
    public void What_is_wrong_is_told_with_its_line(string first, string second, params string[] lines) =>
        Assert.That(
            () => Open(ClassificationTask.Binary, lines),
            Throws.TypeOf<DataException>().With.Message.Contains(first).And.Message.Contains(second).And.Message.Contains("data.csv").And.Message.EndsWith("."));

    [Test]
    public void A_line_may_be_repeated() => Assert.That(
        Open(
            ClassificationTask.Binary, "path,labels,split", "1.png,a,train", "1.png,a,train", "2.png,b,train",
            "3.png,b,val").Train,
        Has.Count.EqualTo(3));

    [Test]
    public void Evaluating_takes_the_classes_of_the_checkpoint()
    {
        File.WriteAllLines(data.PathOf("data.csv"), ["path,labels,split", "1.png,c,test", "2.png,x,train"]);
        ImageDataset images = Evaluated(["a", "b", "c"]);
        Assert.That(images.ClassNames, Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(images.Test, Is.EqualTo(new[] { new ImageSample(data.PathOf("1.png"), 2) }));
        Assert.That(images.Train, Is.Empty);
        Assert.That(
            () => Evaluated(["a", "b"]),
            Throws.TypeOf<DataException>().With.Message.Contains("Line 2 of").And.Message.Contains(
                "'c', which the checkpoint does not know").And.Message.EndsWith("a, b."));

        ImageDataset Evaluated(string[] classes) => ImageDataset.OpenForEvaluation(
            data.PathOf("data.csv"), ClassificationTask.Binary, classes);
    }

    [Test]
    public void A_file_in_another_encoding_is_told()
    {
        File.WriteAllLines(
            data.PathOf("data.csv"),
            ["path,labels,split", "1.png,\u00e4,train", "2.png,\u00f6,train", "3.png,\u00f6,val"],
            System.Text.Encoding.Latin1);
        Assert.That(
            () => ImageDataset.Open(data.PathOf("data.csv")),
            Throws.TypeOf<DataException>().With.Message.Contains("data.csv' is not in UTF-8"));
    }

    [Test]
    public void A_path_that_no_file_can_have_is_told_with_its_line() =>
        Assert.That(
            () => Open(ClassificationTask.Binary, "path,labels,split", "1.png,a,train", "2\0.png,b,train"),
            Throws.TypeOf<DataException>().With.Message.Contains("Line 3 of").And.Message.Contains("NUL").And.Message.EndsWith("."));

    [Test]
    public void One_class_an_image_may_be_of_more_than_a_set_holds()
    {
        string[] lines =
            ["path,labels,split", .. Enumerable.Range(0, 40).Select(i => $"{i}.png,c{i:00},train"), "40.png,c39,val"];
        ImageDataset images = Open(ClassificationTask.Binary, lines);
        Assert.That(images.ClassNames, Has.Count.EqualTo(40));
        Assert.That(images.Validation.Single().Label, Is.EqualTo(39));
        Assert.That(
            () => Open(ClassificationTask.MultiLabel, lines),
            Throws.TypeOf<DataException>().With.Message.Contains("40 different labels").And.Message.Contains(
                "--task multilabel takes at most 31"));
    }

    private ImageDataset Open(ClassificationTask task, params string[] lines)
    {
        File.WriteAllLines(data.PathOf("data.csv"), lines);
        return ImageDataset.Open(data.PathOf("data.csv"), task);
    }
}
