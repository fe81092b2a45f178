using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Fixtures;
using IlgpuCxr.Tests.Models;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.WeightsImport;
using PureHDF;
using NetworkCase = IlgpuCxr.Tests.Models.NetworkCase;

namespace IlgpuCxr.Tests.Weights;

/// <summary>A network whose weights come from a file does what libtorch's with the same weights does.</summary>
public sealed class ImportedTrainingTests
{
    // The fixtures' README.
    private const double LossTolerance = 1e-3;

    [TestCase("resnet18-part1-row8", "a.pth")]
    [TestCase("resnet18-part1-row8", "a.safetensors")]
    [TestCase("resnet18-part1-row8", "legacy.pth")]
    [TestCase("vgg16-part1-row5", "a.h5")]
    public void A_step_from_imported_weights_is_libtorchs(string id, string name)
    {
        using var folder = new TemporaryFolder();
        var expected = new NetworkCase(id);
        List<WeightTensor> tensors = NetworkState.Of(expected.Network, expected.Head, expected.Generate);
        string path = folder.PathOf(name);
        switch (name)
        {
            case "a.pth": PyTorchFile.Write(path, tensors); break;
            case "a.safetensors": SafetensorsFile.Write(path, tensors); break;
            case "legacy.pth": LegacyWriter.Write(path, tensors); break;
            default: WriteAsKeras(path, tensors); break;
        }

        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var run = new NetworkRun(device, expected, weights: path);
        Compare("eval_logits_before", run.Evaluate());
        Assert.That(run.LossAndGradients(), Is.EqualTo(expected.Losses[0]).Within(LossTolerance * expected.Losses[0]));
        Compare("train_logits_step0", run.Logits);
        run.Step();
        Assert.That(
            run.LossAndGradients(), Is.EqualTo(expected.Losses[1]).Within(LossTolerance * expected.Losses[1]),
            "loss after a step");

        void Compare(string what, float[] actual) =>
            Assert.That(FixtureSet.RelativeDifference(expected.Stored(what), actual), Is.LessThan(LossTolerance), what);
    }

    /// <summary>VGG16 without its classifier, as Keras's "notop" file has it.</summary>
    private static void WriteAsKeras(string path, List<WeightTensor> tensors)
    {
        int[] convolutions = [2, 2, 3, 3, 3];
        string[] layers =
        [
            .. convolutions.SelectMany((count, block) =>
                Enumerable.Range(1, count).Select(i => FormattableString.Invariant($"block{block + 1}_conv{i}"))),
        ];
        List<WeightTensor> features = tensors.FindAll(
            tensor => tensor.Name.StartsWith("features", StringComparison.Ordinal));
        var file = new H5File();
        for (int i = 0; i < layers.Length; i++)
        {
            WeightTensor kernel = features[2 * i], bias = features[(2 * i) + 1];
            float[] source = kernel.ToFloat32(), moved = new float[source.Length];
            (int outputs, int inputs, int window) =
                ((int)kernel.Shape[0], (int)kernel.Shape[1], (int)(kernel.Shape[2] * kernel.Shape[3]));
            for (int j = 0; j < source.Length; j++)
                moved[(((j % window * inputs) + (j / window % inputs)) * outputs) + (j / window / inputs)] = source[j];
            file[layers[i]] = new H5Group
            {
                ["kernel:0"] = new H5Dataset(
                    moved, fileDims: [(ulong)kernel.Shape[2], (ulong)kernel.Shape[3], (ulong)inputs, (ulong)outputs]),
                ["bias:0"] = bias.ToFloat32(),
            };
        }
        file.Write(path);
    }
}
