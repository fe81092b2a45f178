using System.Buffers.Binary;
using IlgpuCxr.WeightsImport;
using PureHDF;

namespace IlgpuCxr.Tests.WeightsImport;

public class KerasFileTests
{
    private static readonly float[] Bias = [0.5f, -1.5f, 2.5f, 3.5f];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [TestCase("keras_weights.h5", "kernel:0", "bias:0")]
    [TestCase("keras_model.h5", "kernel:0", "bias:0")]
    [TestCase("keras_latest.h5", "kernel:0", "bias:0")]
    [TestCase("keras_weights_old.h5", "{0}_W_1:0", "{0}_b_1:0")]
    public void WeightsAreReadInTheOrderOfTheLayers(string name, string kernel, string bias)
    {
        using WeightFile file = KerasFile.Read(Fixture.PathOf(name));

        string[] expected =
        [
            .. new[] { "block1_conv1", "a_dense" }.SelectMany(layer => new[] { kernel, bias }.Select(
                weight => $"{layer}/{weight.Replace("{0}", layer, StringComparison.Ordinal)}")),
        ];
        Assert.That(file.Select(t => t.Name), Is.EqualTo(expected));
        Assert.That(file[0].Shape, Is.EqualTo(new long[] { 3, 3, 2, 4 }));
        Assert.That(file[0].DataType, Is.EqualTo(TensorDataType.Float32));
        Assert.That(file[0].ToFloat32(), Is.EqualTo(Enumerable.Range(0, 72).Select(i => (float)i)));
        Assert.That(file[1].ToFloat32(), Is.EqualTo(Bias));
        Assert.That(file[2].Shape, Is.EqualTo(new long[] { 4, 3 }));
        Assert.That(file[2].ToFloat32(), Is.EqualTo(Enumerable.Range(0, 12).Select(i => (float)i)));
        Assert.That(file[3].ToFloat32(), Is.EqualTo(Bias[..3]));
        Assert.That(file.Metadata["backend"], Is.EqualTo("tensorflow"));
        Assert.That(file.Metadata["keras_version"], Is.EqualTo("2.1.0"));
    }

    [Test]
    public void AFileWithoutAListOfLayersGivesAllOfItsDatasets()
    {
        using WeightFile file = KerasFile.Read(Fixture.PathOf("keras_3.weights.h5"));

        Assert.That(
            file.Select(t => t.Name), Is.EquivalentTo(new[] { "layers/conv2d/vars/0", "layers/conv2d/vars/1" }));
        Assert.That(file["layers/conv2d/vars/1"].DataType, Is.EqualTo(TensorDataType.Float16));
        Assert.That(file["layers/conv2d/vars/1"].ToFloat32(), Is.EqualTo(Bias));
    }

    [Test]
    public void AListOfLayersTooLongForOneAttributeIsReadWhole()
    {
        var file = new H5File { ["a"] = Layer(1), ["b"] = Layer(2), ["c"] = Layer(3), ["not listed"] = Layer(4) };
        file.Attributes["layer_names0"] = new[] { "c", "a" };
        file.Attributes["layer_names1"] = new[] { "b" };
        file.Write(folder.PathOf("long.h5"), new H5WriteOptions(DefaultStringLength: 16));

        using WeightFile read = KerasFile.Read(folder.PathOf("long.h5"));
        Assert.That(
            read.Select(tensor => (tensor.Name, tensor.ToFloat32()[0])),
            Is.EqualTo(new[] { ("c/kernel:0", 3f), ("a/kernel:0", 1f), ("b/kernel:0", 2f) }));

        static H5Group Layer(float value)
        {
            var layer = new H5Group { ["kernel:0"] = new[] { value } };
            layer.Attributes["weight_names"] = new[] { "kernel:0" };
            return layer;
        }
    }

    // With hardly any bytes of weights: a reader that goes through all links again for each layer, or for each weight
    // of a layer that is a network itself, or through a heap of names for each name, uses up its budget.
    [TestCase(500, "", 1, 16)]
    [TestCase(1, "model/", 500, 16)]
    [TestCase(1500, "", 0, 0)]
    public void AFileOfManyLayersOrWeightsIsRead(int layers, string folderOfWeights, int weights, int stringLength)
    {
        string[] layerNames = NamesOf("layer", layers), weightNames = NamesOf($"{folderOfWeights}kernel", weights);
        var file = new H5File();
        file.Attributes["layer_names"] = layerNames;
        foreach (string name in layerNames)
        {
            var layer = new H5Group();
            layer.Attributes["weight_names"] = weightNames;
            H5Group parent = layer;
            if (folderOfWeights.Length > 0)
                layer[folderOfWeights.TrimEnd('/')] = parent = new H5Group();
            foreach (string weight in NamesOf("kernel", weights))
                parent[weight] = Bias;
            file[name] = layer;
        }
        file.Write(folder.PathOf("many.h5"), new H5WriteOptions(DefaultStringLength: stringLength));

        using WeightFile read = KerasFile.Read(folder.PathOf("many.h5"));
        Assert.That(
            read.Select(tensor => tensor.Name),
            Is.EqualTo(layerNames.SelectMany(layer => weightNames.Select(weight => $"{layer}/{weight}"))));

        static string[] NamesOf(string kind, int count) => [.. Enumerable.Range(0, count).Select(i => $"{kind}{i}")];
    }

    [Test]
    public void ADatasetOfManyBlocksIsWhole()
    {
        using WeightFile file = KerasFile.Read(WriteRows(2_500, 1_001));

        float[] values = file["rows"].ToFloat32();
        Assert.That(values, Has.Length.EqualTo(2_500 * 1_001));
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, 2_500 * 1_001).Select(i => (float)i)));
    }

    [TestCase("keras_compressed.h5", "'block1_conv1/kernel:0' is stored in chunks or compressed")]
    [TestCase("torch_kinds_zip.pth", "is not an HDF5 file")]
    [TestCase("none.h5", "there is no such file")]
    public void WhatKerasDoesNotWriteIsRefused(string name, string message) => Assert.That(
        () => KerasFile.Read(Fixture.PathOf(name)),
        Throws.TypeOf<WeightFormatException>().With.Message.Contains(message));

    [Test]
    public void ALinkToAnotherFileIsNotFollowed()
    {
        using WeightFile link = KerasFile.Read(Fixture.PathOf("keras_link.h5"));

        Assert.That(link.Select(t => t.Name), Is.EqualTo(new[] { "inside" }));
    }

    [TestCase(1)]
    [TestCase(255)]
    public void ATreeThatIsItsOwnBranchIsRefused(byte level)
    {
        byte[] bytes = File.ReadAllBytes(Fixture.PathOf("keras_weights.h5"));
        int tree = bytes.AsSpan().IndexOf("TREE"u8);
        bytes[tree + 5] = level;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(tree + 32), tree);

        Assert.That(
            () => KerasFile.Read(folder.Write("bad.h5", bytes)),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("not a well-formed HDF5 file"));
    }

    private string WriteRows(int rows, int columns)
    {
        float[,] values = new float[rows, columns];
        for (int i = 0; i < values.Length; i++)
            values[i / columns, i % columns] = i;
        var file = new H5File { ["rows"] = values };
        file.Write(folder.PathOf("rows.h5"));
        return folder.PathOf("rows.h5");
    }
}
