using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Operators;

/// <summary>The tensors of one test on a device.</summary>
internal sealed class DeviceMemory(ComputeDevice device) : IDisposable
{
    private readonly List<IDisposable> buffers = [];

    /// <summary>A tensor with these values.</summary>
    public Tensor Tensor(TensorShape shape, float[] values) => new(shape, Vector(values));

    /// <summary>A tensor for results; NaN at first, so that an element nobody writes is found.</summary>
    public Tensor Tensor(TensorShape shape) => Tensor(shape, Unwritten(shape.Count));

    /// <summary>A vector with these values.</summary>
    public ArrayView<T> Vector<T>(T[] values)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = device.Allocate<T>(values.Length);
        buffers.Add(buffer);
        device.Upload(buffer.View, values);
        return buffer.View;
    }

    /// <summary>A vector for results; NaN at first.</summary>
    public ArrayView<float> Vector(int count) => Vector(Unwritten(count));

    /// <summary>Plans the arena for a step, then runs it.</summary>
    public void Run(Action step)
    {
        device.Plan(step);
        step();
    }

    /// <summary>A tensor's values.</summary>
    public double[] Read(Tensor tensor) => Read(tensor.View);

    /// <summary>A vector's values.</summary>
    public double[] Read(ArrayView<float> vector) => Widen(device.Download(vector));

    /// <summary>The same values in double precision.</summary>
    public static double[] Widen(float[] values) => Array.ConvertAll(values, x => (double)x);

    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    private static float[] Unwritten(long count)
    {
        var values = new float[count];
        Array.Fill(values, float.NaN);
        return values;
    }
}
