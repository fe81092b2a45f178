using IlgpuCxr.WeightsImport;
using PureHDF;

namespace IlgpuCxr.Tests.WeightsImport;

public class KerasVgg16Tests
{
    private TemporaryFolder folder = null!;
    private WeightFile? open;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder()
    {
        open?.Dispose();
        folder.Dispose();
    }

    [TestCase("block1_conv1", "features.0")]
    [TestCase("block1_conv2", "features.2")]
    [TestCase("block2_conv1", "features.5")]
    [TestCase("block3_conv3", "features.14")]
    [TestCase("block4_conv1", "features.17")]
    [TestCase("block5_conv3", "features.28")]
    [TestCase("vgg16/block5_conv1", "features.24")]
    public void AConvolutionGetsTorchvisionsNameAndOrder(string layer, string expected)
    {
        const int Rows = 3, Columns = 2, Inputs = 4, Outputs = 5;
        float[] values = [.. Enumerable.Range(0, Rows * Columns * Inputs * Outputs)];
        WeightTensor kernel = Convert($"{layer}/kernel", [Rows, Columns, Inputs, Outputs], values);

        Assert.That(kernel.Name, Is.EqualTo(expected + ".weight"));
        Assert.That(kernel.Shape, Is.EqualTo(new long[] { Outputs, Inputs, Rows, Columns }));
        float[] converted = kernel.ToFloat32();
        for (int i = 0; i < values.Length; i++)
        {
            (int k, int c, int s, int r) =
                (i % Outputs, i / Outputs % Inputs, i / (Outputs * Inputs) % Columns, i / (Outputs * Inputs * Columns));
            Assert.That(converted[(((((k * Inputs) + c) * Rows) + r) * Columns) + s], Is.EqualTo(values[i]));
        }
        Assert.That(Convert($"{layer}/bias", [3], [1, 2, 3]).Name, Is.EqualTo(expected + ".bias"));
    }

    [Test]
    public void TheFirstDenseLayerReadsTheImageChannelByChannel()
    {
        const int Edge = 7, Channels = 512, Outputs = 3;
        float[] values = [.. Enumerable.Range(0, Edge * Edge * Channels * Outputs)];
        WeightTensor weight = Convert("fc1/kernel", [Edge * Edge * Channels, Outputs], values);

        Assert.That(weight.Name, Is.EqualTo("classifier.0.weight"));
        Assert.That(weight.Shape, Is.EqualTo(new long[] { Outputs, Edge * Edge * Channels }));
        float[] converted = weight.ToFloat32();
        for (int i = 0; i < values.Length; i++)
        {
            int input = i / Outputs, output = i % Outputs;
            (int c, int w, int h) = (input % Channels, input / Channels % Edge, input / (Channels * Edge));
            Assert.That(
                converted[(output * Edge * Edge * Channels) + (((c * Edge) + h) * Edge) + w] == values[i],
                $"element {i}");
        }
    }

    [TestCase("fc2", "classifier.3.weight")]
    [TestCase("predictions", "classifier.6.weight")]
    public void AnotherDenseLayerIsTransposed(string layer, string expected)
    {
        WeightTensor weight = Convert($"{layer}/kernel", [2, 3], [1, 2, 3, 4, 5, 6]);
        Assert.That(weight.Name, Is.EqualTo(expected));
        Assert.That(weight.Shape, Is.EqualTo(new long[] { 3, 2 }));
        Assert.That(weight.ToFloat32(), Is.EqualTo(new float[] { 1, 4, 2, 5, 3, 6 }));
    }

    [TestCase(TensorDataType.UInt8, "010203040506")]
    [TestCase(TensorDataType.Float16, "003C00400042004400450046")]
    [TestCase(TensorDataType.Int32, "010000000200000003000000040000000500000006000000")]
    [TestCase(
        TensorDataType.Int64,
        "010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000000")]
    public void AMatrixIsTransposedWhateverItsElementsAre(TensorDataType type, string oneToSix) => Assert.That(
        new WeightTensor("a", type, [2, 3], System.Convert.FromHexString(oneToSix))
            .Permute("b", [2, 3], [1, 0], [3, 2])
            .ToFloat32(),
        Is.EqualTo(new float[] { 1, 4, 2, 5, 3, 6 }));

    [Test]
    public void AMatrixOfManyBlocksIsTransposedWhole()
    {
        const int Rows = 3000, Columns = 2000;
        float[] values = [.. Enumerable.Range(0, Rows * Columns)];
        float[] transposed = Convert("fc2/kernel", [Rows, Columns], values).ToFloat32();
        for (int i = 0; i < values.Length; i++)
        {
            if (transposed[(i % Columns * Rows) + (i / Columns)] != i)
                Assert.Fail($"Element {i} is wrong.");
        }
    }

    [Test]
    public void NumberedLayersAreVgg16sWhereTheirShapesAre()
    {
        (string Name, long[] Shape)[] dense = [("layers/dense/vars/0", [25088, 9]), ("layers/dense_2/vars/1", [2])];
        IReadOnlyList<WeightTensor> converted = KerasVgg16.ToPyTorch(Tensors([.. Numbered(), .. dense]))!;

        Assert.That(
            converted.Select(tensor => tensor.Name),
            Is.EqualTo(
                new[] { 0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28 }
                    .SelectMany(place => new[] { $"features.{place}.weight", $"features.{place}.bias" })
                    .Append("classifier.0.weight").Append("classifier.6.bias")));
        Assert.That(converted[2].Shape, Is.EqualTo(new long[] { 64, 64, 3, 3 }));
        Assert.That(converted[^2].Shape, Is.EqualTo(new long[] { 9, 25088 }));
    }

    [Test]
    public void NumberedLayersOfAnotherNetworkKeepTheirNames()
    {
        (string Name, long[] Shape)[] numbered = Numbered();
        Assert.That(KerasVgg16.ToPyTorch(Tensors(numbered[..^2])), Is.Null, "12 convolutions");
        Assert.That(KerasVgg16.ToPyTorch(Tensors([.. numbered, ("conv2d_13/0", [3, 3, 512, 512])])), Is.Null);
        Assert.That(KerasVgg16.ToPyTorch(Tensors([("conv2d/0", [5, 5, 3, 64]), .. numbered[1..]])), Is.Null);
        Assert.That(KerasVgg16.ToPyTorch(Tensors([("dense/kernel", [2, 3]), ("dense/bias", [3])])), Is.Null);
    }

    [Test]
    public void NamesLikeKerassInOtherFilesStay()
    {
        string path = folder.PathOf("a.safetensors");
        SafetensorsFile.Write(path, [new WeightTensor("fc1/kernel", [2, 3], new float[6])]);
        using WeightFile file = SafetensorsFile.Read(path);
        Assert.That(KerasVgg16.ToPyTorch(file), Is.Null);
    }

    [TestCase(TensorDataType.Float4, 2)]
    [TestCase(TensorDataType.Float6E2M3, 3)]
    public void PackedElementsAreNotReordered(TensorDataType type, int bytes) =>
        Assert.That(
            () => new WeightTensor("a", type, [1, 4], new byte[bytes]).Permute("b", [1, 4], [1, 0], [4, 1]),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains($"tensor 'a' holds {type} elements"));

    [Test]
    public void OtherNamesAreNoVgg16()
    {
        using WeightFile file = Write("block6_conv1/kernel", [1], [1]);
        Assert.That(KerasVgg16.ToPyTorch(file), Is.Null);
        using WeightFile fixture = KerasFile.Read(Fixture.PathOf("keras_weights_old.h5"));
        Assert.That(KerasVgg16.ToPyTorch(fixture)!.Select(tensor => tensor.Name), Is.EqualTo(new[]
        {
            "features.0.weight", "features.0.bias", "a_dense/a_dense_W_1:0", "a_dense/a_dense_b_1:0",
        }));
    }

    /// <summary>VGG16's convolutions as Keras 3 names them.</summary>
    private static (string Name, long[] Shape)[] Numbered()
    {
        long[] channels = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
        return
        [
            .. from layer in Enumerable.Range(0, channels.Length - 1)
               let name = layer == 0 ? "layers/conv2d/vars" : $"layers/conv2d_{layer}/vars"
               from tensor in new[]
               {
                   ($"{name}/0", new[] { 3, 3, channels[layer], channels[layer + 1] }),
                   ($"{name}/1", new[] { channels[layer + 1] }),
               }
               select tensor,
        ];
    }

    /// <summary>Tensors without values.</summary>
    private static WeightTensor[] Tensors(params (string Name, long[] Shape)[] tensors) =>
        [.. tensors.Select(tensor => new WeightTensor(tensor.Name, tensor.Shape, (_, _) => { }))];

    private WeightTensor Convert(string name, ulong[] shape, float[] values)
    {
        open = Write(name, shape, values);
        return KerasVgg16.ToPyTorch(open)!.Single();
    }

    private WeightFile Write(string name, ulong[] shape, float[] values)
    {
        open?.Dispose();
        var file = new H5File();
        IDictionary<string, object> group = file;
        string[] parts = name.Split('/');
        foreach (string part in parts[..^1])
        {
            var inner = new H5Group();
            group[part] = inner;
            group = inner;
        }
        group[parts[^1]] = new H5Dataset(values, fileDims: shape);
        file.Write(folder.PathOf("keras.h5"));
        return KerasFile.Read(folder.PathOf("keras.h5"));
    }
}
