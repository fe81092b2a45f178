using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.SelfTest;

/// <summary>The tensors of one case, on the device and in double precision.</summary>
internal sealed class HostTensors(ComputeDevice device, int seed) : IDisposable
{
    private readonly Random random = new(seed);
    private readonly List<IDisposable> buffers = [];

    /// <summary>Integers from -3 to 3, which every precision holds exactly.</summary>
    public double[] Integers(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => (double)random.Next(-3, 4))];

    /// <summary>Single-precision numbers from -1 to 1, moved by an offset.</summary>
    public double[] Floats(long count, float offset = 0) => [.. Enumerable.Range(0, (int)count).Select(_ => (double)(random.NextSingle() * 2 - 1 + offset))];

    /// <summary>A tensor with these values.</summary>
    public Tensor Tensor(TensorShape shape, double[] values) => new(shape, View(values));

    /// <summary>A tensor for results; NaN at first, so that an element nobody writes is found.</summary>
    public Tensor Tensor(TensorShape shape) => Tensor(shape, Unwritten(shape.Count));

    /// <summary>A vector for results; NaN at first.</summary>
    public ArrayView<float> View(long count) => View(Unwritten(count));

    /// <summary>A vector with these values.</summary>
    public ArrayView<float> View(double[] values)
    {
        if (values.Length == 0)
            return ArrayView<float>.Empty;
        DeviceBuffer<float> buffer = device.Allocate<float>(values.Length);
        buffers.Add(buffer);
        device.Upload<float>(buffer.View, Array.ConvertAll(values, value => (float)value));
        return buffer.View;
    }

    /// <summary>Plans the arena for a step, then runs it.</summary>
    public void Run(Action step)
    {
        device.Plan(step);
        step();
    }

    /// <summary>The largest difference of results from what they should be, each relative to its scale; NaN if one is no number.</summary>
    public double Error(ArrayView<float> results, double[] expected, Func<int, double> scale)
    {
        double worst = 0;
        float[] actual = device.Download(results);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            // A NaN must win, and a difference of 0 passes whatever the scale.
            worst = error == 0 ? worst : Math.Max(worst, error / scale(i));
        }
        return worst;
    }

    /// <inheritdoc/>
    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    private static double[] Unwritten(long count)
    {
        var values = new double[count];
        Array.Fill(values, double.NaN);
        return values;
    }
}
