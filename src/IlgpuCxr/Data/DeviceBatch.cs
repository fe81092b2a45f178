using ILGPU;
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
    private DeviceBuffer<int> labels;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="device">Where the batches are to be.</param>
    public DeviceBatch(ComputeDevice device)
    {
        this.device = device;
        pixels = device.Allocate<byte>(1);
        parameters = device.Allocate<ImageTransformParameters>(1);
        labels = device.Allocate<int>(1);
    }

    /// <summary>The sizes of the batch uploaded last.</summary>
    public ImageTransformShape Shape { get; private set; }

    /// <summary><c>[N]</c>, the class of each image.</summary>
    public ArrayView<int> Labels => labels.View.SubView(0, Shape.N);

    /// <summary>Brings a batch to the device; the host's batch may be used again afterwards.</summary>
    /// <param name="batch">Decoded images.</param>
    public void Upload(ImageBatch batch)
    {
        Upload(ref pixels, batch.Pixels);
        Upload(ref parameters, batch.Parameters);
        Upload(ref labels, batch.Labels);
        Shape = batch.Shape;
    }

    /// <summary>Rotates, crops, resizes, flips and normalises the uploaded images.</summary>
    /// <param name="output"><c>[N, S, S, 3]</c></param>
    public void Transform(Tensor output) => ImageTransform.Forward(device, output, pixels.View, parameters.View, Shape);

    /// <inheritdoc/>
    public void Dispose()
    {
        pixels.Dispose();
        parameters.Dispose();
        labels.Dispose();
    }

    private void Upload<T>(ref DeviceBuffer<T> buffer, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        if (buffer.View.Length < source.Length)
        {
            device.Synchronize();
            buffer.Dispose();
            // A quarter more than needed: the bytes of a batch vary, and allocating waits for the device.
            buffer = device.Allocate<T>(source.Length + source.Length / 4);
        }
        device.Upload(buffer.View.SubView(0, source.Length), source);
    }
}
