using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Training;

/// <summary>Writes what a network would see of images, as other programs do.</summary>
internal static class NormalisedImages
{
    /// <summary>Writes the tensor <c>input</c> <c>[N, 3, S, S]</c>.</summary>
    public static void Write(
        string path, ComputeDevice device, IReadOnlyList<ImageSample> samples, ImageBatchLoader loader,
        TrainingOptions options)
    {
        using var batch = new DeviceBatch(device, options.Task, 3);
        var values = new List<float>();
        foreach (ImageBatch host in loader.Evaluation(samples))
        {
            batch.Upload(host);
            var shape = batch.Shape.Output;
            using DeviceBuffer<float> memory = device.Allocate<float>(shape.Count);
            batch.Transform(new Tensor(shape, memory.View));
            values.AddRange(Fixtures.PyTorchLayout.ToNchw(device.Download(memory.View), shape));
        }
        SafetensorsFile.Write(
            path, [new WeightTensor("input", [samples.Count, 3, options.Size, options.Size], values.ToArray())], null);
    }
}
