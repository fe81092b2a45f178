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
    [TestCase("layers/conv2d/vars", "features.0")]
    [TestCase("layers/conv2d_12/vars", "features.28")]
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

    [TestCase("fc1/kernel", "classifier.0.weight")]
    [TestCase("layers/dense/vars/0", "classifier.0.weight")]
    public void TheFirstDenseLayerReadsTheImageChannelByChannel(string name, string expected)
    {
        const int Edge = 7, Channels = 512, Outputs = 3;
        float[] values = [.. Enumerable.Range(0, Edge * Edge * Channels * Outputs)];
        WeightTensor weight = Convert(name, [Edge * Edge * Channels, Outputs], values);

        Assert.That(weight.Name, Is.EqualTo(expected));
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
    [TestCase("layers/dense_2/vars", "classifier.6.weight")]
    public void AnotherDenseLayerIsTransposed(string layer, string expected)
    {
        WeightTensor weight = Convert($"{layer}/kernel", [2, 3], [1, 2, 3, 4, 5, 6]);
        Assert.That(weight.Name, Is.EqualTo(expected));
        Assert.That(weight.Shape, Is.EqualTo(new long[] { 3, 2 }));
        Assert.That(weight.ToFloat32(), Is.EqualTo(new float[] { 1, 4, 2, 5, 3, 6 }));
    }

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
