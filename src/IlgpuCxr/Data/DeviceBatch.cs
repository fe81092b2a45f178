using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Data;

/// <summary>A batch on the device: uploads decoded images and makes the network's input of them.</summary>
/// <remarks>Its buffers are used again for every batch and grow with the largest one.</remarks>
public sealed class DeviceBatch : IDisposable
{
    private readonly ComputeDevice device;
    private DeviceBuffer<byte> pixels;
    private DeviceBuffer<ImageTransformParameters> parameters;
    private DeviceBuffer<byte> resized;
    private DeviceBuffer<ImageResizeParameters> resizes;
    private ImageResizeShape? resizeShape;
    private DeviceBuffer<int> classes;
    private DeviceBuffer<float> labels;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="device">Where the batches are to be.</param>
    /// <param name="task">One class an image, or several labels.</param>
    /// <param name="classes">Number of classes or labels, <c>C</c>.</param>
    public DeviceBatch(ComputeDevice device, ClassificationTask task, int classes)
    {
        this.device = device;
        Task = task;
        Classes = classes;
        pixels = device.Allocate<byte>(1);
        parameters = device.Allocate<ImageTransformParameters>(1);
        resized = device.Allocate<byte>(1);
        resizes = device.Allocate<ImageResizeParameters>(1);
        this.classes = device.Allocate<int>(1);
        labels = device.Allocate<float>(1);
    }

    /// <summary>One class an image, or several labels.</summary>
    public ClassificationTask Task { get; }

    /// <summary>Number of classes or labels, <c>C</c>.</summary>
    public int Classes { get; }

    /// <summary>The sizes of the batch uploaded last.</summary>
    public ImageTransformShape Shape { get; private set; }

    /// <summary>What the images of the batch are.</summary>
    public BatchTargets Targets => Task == ClassificationTask.Binary
        ? BatchTargets.OfClasses(classes.View.SubView(0, Shape.N))
        : BatchTargets.OfLabels(labels.View.SubView(0, Shape.N * Classes));

    /// <summary>Brings a batch to the device; the host's batch may be used again afterwards.</summary>
    /// <param name="batch">Decoded images.</param>
    public void Upload(ImageBatch batch)
    {
        Upload(ref pixels, batch.Pixels);
        Upload(ref parameters, batch.Parameters);
        Shape = batch.Shape;
        resizeShape = batch.ResizeShape;
        Upload(ref resizes, batch.Resizes);
        Reserve(ref resized, batch.ResizedBytes);
        if (Task == ClassificationTask.Binary)
            Upload(ref classes, batch.Labels);
        else
            Upload<float>(ref labels, Expand(batch.Labels));
    }

    /// <summary>Rotates, crops, resizes, flips and normalises the uploaded images.</summary>
    /// <param name="output"><c>[N, S, S, 3]</c></param>
    public void Transform(Tensor output)
    {
        if (resizeShape is { } shape)
            ImageResize.Forward(device, resized.View, pixels.View, resizes.View.SubView(0, shape.N), shape);
        ImageTransform.Forward(
            device, output, resizeShape is null ? pixels.View : resized.View, parameters.View.SubView(0, Shape.N),
            Shape);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pixels.Dispose();
        parameters.Dispose();
        resized.Dispose();
        resizes.Dispose();
        classes.Dispose();
        labels.Dispose();
    }

    /// <summary><c>[N, C]</c>, 1 for each label that an image has.</summary>
    private float[] Expand(ReadOnlySpan<int> sets)
    {
        var expanded = new float[sets.Length * Classes];
        for (int i = 0; i < expanded.Length; i++)
            expanded[i] = LabelSet.Has(sets[i / Classes], i % Classes) ? 1 : 0;
        return expanded;
    }

    private void Upload<T>(ref DeviceBuffer<T> buffer, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        Reserve(ref buffer, source.Length);
        device.Upload(buffer.View.SubView(0, source.Length), source);
    }

    private void Reserve<T>(ref DeviceBuffer<T> buffer, long count)
        where T : unmanaged
    {
        // It is disposed of where the device had too little for the batch before.
        if (!buffer.IsDisposed && buffer.View.Length >= count)
            return;
        device.Synchronize();
        buffer.Dispose();
        // A quarter more than needed: the bytes of a batch vary, and allocating waits for the device.
        buffer = device.Allocate<T>(Math.Max(1, count + count / 4));
    }
}
