using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>
/// Copies parameters between the device and files, some outputs at a time, so that they are never in host memory whole.
/// </summary>
/// <remarks>
/// The two arrays are handed on from tensor to tensor: the collector would leave some 25 MB of them lying before it
/// cleans up.
/// </remarks>
/// <param name="device">Where the parameters are.</param>
internal sealed class ParameterTransfer(ComputeDevice device)
{
    // Elements that an upload takes at a time: 1 MiB.
    private const int BlockElements = 1 << 18;

    private float[] values = [], reordered = [];

    /// <summary>Copies a tensor to the device.</summary>
    /// <param name="parameter">Tells the order of the elements.</param>
    /// <param name="destination">The parameter's values, or as many others in their order.</param>
    /// <param name="tensor">In PyTorch's order.</param>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public void Upload(Parameter parameter, ArrayView<float> destination, WeightTensor tensor)
    {
        TensorReader reader = tensor.OpenReader();
        long outputs = parameter.Shape.N, size = parameter.Shape.Count / outputs;
        long block = Math.Clamp(BlockElements / size, 1, outputs);
        Reserve(ref values, block * size);
        Reserve(ref reordered, block * size);
        for (long first = 0; first < outputs; first += block)
        {
            int count = (int)(Math.Min(block, outputs - first) * size);
            reader.Read(first * size, values.AsSpan(0, count));
            PyTorchLayout.FromPyTorch(parameter, values.AsSpan(0, count), reordered.AsSpan(0, count));
            device.Upload<float>(destination.SubView(first * size, count), reordered.AsSpan(0, count));
        }
    }

    /// <summary>A tensor of values on the device, which are copied from there when the tensor is read.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="parameter">Tells shape and order of the elements.</param>
    /// <param name="source">The parameter's values, or as many others in their order.</param>
    public WeightTensor Download(string name, Parameter parameter, ArrayView<float> source)
    {
        long size = parameter.Shape.Count / parameter.PyTorchShape[0];
        return new WeightTensor(name, parameter.PyTorchShape, (firstRow, rows) =>
        {
            Reserve(ref values, rows.Length);
            device.Download(values.AsSpan(0, rows.Length), source.SubView(firstRow * size, rows.Length));
            PyTorchLayout.ToPyTorch(parameter, values.AsSpan(0, rows.Length), rows);
        });
    }

    private static void Reserve(ref float[] array, long elements)
    {
        if (array.Length < elements)
            array = new float[elements];
    }
}
