using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>The tensors of one check on a device.</summary>
/// <param name="device">Where.</param>
public sealed class DeviceMemory(ComputeDevice device) : IDisposable
{
    private readonly List<IDisposable> buffers = [];

    /// <summary>A tensor with these values.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">As many values as the shape has elements.</param>
    /// <param name="elements">How they lie in memory; bfloat16 rounds them.</param>
    public Tensor Tensor(TensorShape shape, double[] values, ElementType elements = ElementType.Single) =>
        Tensor(shape, Array.ConvertAll(values, value => (float)value), elements);

    /// <inheritdoc cref="Tensor(TensorShape, double[], ElementType)"/>
    public Tensor Tensor(TensorShape shape, float[] values, ElementType elements = ElementType.Single)
    {
        DeviceBuffer<float> buffer = device.Allocate<float>(elements.Floats(shape.Count));
        buffers.Add(buffer);
        var tensor = new Tensor(shape, buffer.View, elements);
        device.Upload(tensor, values);
        return tensor;
    }

    /// <summary>A tensor for results; NaN at first, so that an element nobody writes is found.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="elements">How its elements lie in memory.</param>
    public Tensor Tensor(TensorShape shape, ElementType elements = ElementType.Single) =>
        Tensor(shape, Unwritten(shape.Count), elements);

    /// <summary>A vector with these values; no values, no vector.</summary>
    /// <param name="values">The values.</param>
    public ArrayView<float> Vector(double[] values) => Vector(Array.ConvertAll(values, value => (float)value));

    /// <summary>A vector for results; NaN at first.</summary>
    /// <param name="count">Number of elements.</param>
    public ArrayView<float> Vector(int count) => Vector(Unwritten(count));

    /// <inheritdoc cref="Vector(double[])"/>
    public ArrayView<T> Vector<T>(T[] values)
        where T : unmanaged
    {
        if (values.Length == 0)
            return default;
        DeviceBuffer<T> buffer = device.Allocate<T>(values.Length);
        buffers.Add(buffer);
        device.Upload<T>(buffer.View, values);
        return buffer.View;
    }

    /// <summary>Plans the arena for a step, then runs it.</summary>
    /// <param name="step">Launches the operators.</param>
    public void Run(Action step)
    {
        device.Plan(step);
        device.Run(step);
    }

    /// <summary>A tensor's values.</summary>
    /// <param name="tensor">One of these, after <see cref="Run"/>.</param>
    public double[] Read(Tensor tensor) => Widen(device.Download(tensor));

    /// <summary>A vector's values.</summary>
    /// <param name="vector">One of these, after <see cref="Run"/>.</param>
    public double[] Read(ArrayView<float> vector) => Widen(device.Download(vector));

    /// <summary>The same values in double precision.</summary>
    internal static double[] Widen(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static float[] Unwritten(long count)
    {
        var values = new float[count];
        // The NaN of all bits: where four bytes lie in a float, none of them is a position that max pooling finds.
        Array.Fill(values, BitConverter.UInt32BitsToSingle(uint.MaxValue));
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());
}
