using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Training;

/// <summary>A checkpoint that predicts what images are.</summary>
public sealed class Predictor : IDisposable
{
    private const string InputName = "input";

    private readonly ComputeDevice device;
    private readonly string checkpoint;
    private readonly Network network;
    private readonly TrainingStep step;

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="checkpoint">The checkpoint's path.</param>
    /// <exception cref="NetworkException">It is no checkpoint, or does not fit its network.</exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public Predictor(ComputeDevice device, string checkpoint)
    {
        this.device = device;
        this.checkpoint = checkpoint;
        (network, Info) = Checkpoint.LoadNetwork(checkpoint, device);
        step = new TrainingStep(device, network, Criterion.CrossEntropy, null);
    }

    /// <summary>What the checkpoint says about itself.</summary>
    public CheckpointInfo Info { get; }

    /// <summary>Predicts image files; unreadable ones are left out, unless the loader is strict.</summary>
    /// <param name="samples">The files; their labels are not looked at.</param>
    /// <param name="loader">
    /// Makes batches of them, of images of the size and with the transforms that the checkpoint was trained with.
    /// </param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ArgumentException">
    /// The loader makes images of another size or with other transforms.
    /// </exception>
    /// <exception cref="NetworkException">What the network says of an image is not finite.</exception>
    /// <exception cref="DataException">
    /// An image cannot be read and the loader is strict, or an image changed while it was read.
    /// </exception>
    /// <exception cref="IOException">An image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public IReadOnlyList<ImagePrediction> Predict(
        IReadOnlyList<ImageSample> samples, ImageBatchLoader loader, CancellationToken cancellation)
    {
        Info.Options.RequireImagesOf(loader);
        var predictions = new List<ImagePrediction>(samples.Count);
        using var batch = new DeviceBatch(device, Info.Options.Task, network.Head.Outputs);
        foreach (ImageBatch host in loader.Evaluation(samples, cancellation))
        {
            batch.Upload(host);
            string[] names = [.. host.SampleIndices.ToArray().Select(index => Path.GetFileName(samples[index].Path))];
            predictions.AddRange(Predict(batch.Shape.Output, batch.Transform, names));
        }
        return predictions;
    }

    /// <summary>Predicts images that are normalised already.</summary>
    /// <param name="path">A safetensors file whose tensor <c>input</c> is <c>[N, 3, H, W]</c>.</param>
    /// <param name="batchSize">Images in a step.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ArgumentOutOfRangeException">A step is to have no image.</exception>
    /// <exception cref="NetworkException">
    /// There is no such tensor, or it is of integers, or an image or what the network says of it is not finite, or a
    /// step's images are more than an array holds.
    /// </exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public IReadOnlyList<ImagePrediction> Predict(string path, int batchSize, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        using WeightFile file = SafetensorsFile.Read(path);
        int smallest = network.Architecture.SmallestImage;
        if (!file.TryGet(InputName, out WeightTensor? input) || input.Shape is not [> 0, 3, _, _]
            || input.Shape[2] < smallest || input.Shape[3] < smallest)
            throw new NetworkException(
                $"{path} has no tensor '{InputName}' of shape [N, 3, H, W] with H and W at least {smallest}; write normalised images there.");
        // Levels of 0 to 255 are images too, but not normalised ones.
        if (input.IsInteger)
        {
            throw new NetworkException(
                $"The tensor '{InputName}' of {path} holds {input.DataType} elements; write normalised images there in floating point, "
                + "(level / 255 - mean) / deviation of each channel.");
        }
        (long n, long h, long w) = (input.Shape[0], input.Shape[2], input.Shape[3]);
        long batch = Math.Min(batchSize, n);
        if (3 * h * w > Array.MaxLength / batch)
            throw new NetworkException(
                $"{batch} images of {w}x{h} in {path} are more than an array holds; use smaller batches or images.");
        TensorReader reader = input.OpenReader();
        // A batch at a time: the file may be larger than the memory.
        (float[] values, float[] images) = (new float[batch * 3 * h * w], new float[batch * 3 * h * w]);
        var predictions = new List<ImagePrediction>();
        for (long first = 0; first < n; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var shape = new TensorShape((int)Math.Min(batch, n - first), (int)h, (int)w, 3);
            Memory<float> part = images.AsMemory(0, (int)shape.Count);
            ReadInNhwc(reader, first, values.AsSpan(0, part.Length), part.Span, (int)(h * w), path);
            string[] names =
                [.. Enumerable.Range(0, shape.N).Select(i => (first + i).ToString(CultureInfo.InvariantCulture))];
            predictions.AddRange(Predict(shape, tensor => device.Upload<float>(tensor.View, part.Span), names));
        }
        return predictions;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        step.Dispose();
        network.Dispose();
    }

    private IEnumerable<ImagePrediction> Predict(TensorShape images, Action<Tensor> fill, string[] names)
    {
        int outputs = network.Head.Outputs;
        using DeviceBuffer<float> buffer = device.Allocate<float>((long)images.N * outputs);
        step.Predict(images, fill, buffer.View);
        float[] logits = device.Download(buffer.View);
        if (!logits.All(float.IsFinite))
            throw Checkpoint.Diverged(checkpoint);
        return [.. names.Select((name, n) =>
        {
            ReadOnlySpan<float> row = logits.AsSpan(n * outputs, outputs);
            return new ImagePrediction(
                name, Prediction.Probabilities(Info.Options.Task, row), Prediction.Label(Info.Options.Task, row));
        })];
    }

    private static void ReadInNhwc(
        TensorReader reader, long firstImage, Span<float> values, Span<float> images, int pixels, string path)
    {
        reader.Read(firstImage * 3 * pixels, values);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new NetworkException(
                    $"Image {firstImage + i / (3 * pixels)} of {path} has a value that is no finite number; write normalised images there.");
            images[(i / (3 * pixels) * pixels + i % pixels) * 3 + i / pixels % 3] = values[i];
        }
    }
}
