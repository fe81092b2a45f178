using BenchmarkDotNet.Attributes;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Benchmarks;

/// <summary>
/// A CPU device and memory full of noise on it. <c>ILGPUCXR_ALGORITHMS</c> forces algorithms, as with <c>cxr</c>.
/// </summary>
public abstract class OperatorBenchmark
{
    private readonly List<IDisposable> buffers = [];

    /// <summary>Where the operators run.</summary>
    protected ComputeDevice Device { get; private set; }

    /// <summary>Opens the device.</summary>
    [GlobalSetup]
    public void Open()
    {
        Device = DeviceCatalog.Open("cpu", new DeviceOptions());
        Allocate();
    }

    /// <summary>Closes it.</summary>
    [GlobalCleanup]
    public void Close()
    {
        foreach (IDisposable buffer in buffers)
            buffer.Dispose();
        Device.Dispose();
    }

    /// <summary>Makes the operands.</summary>
    protected abstract void Allocate();

    /// <summary>Plans the memory that the passes rent, so that no measured call does.</summary>
    /// <param name="passes">Each is called once.</param>
    protected void Plan(params ReadOnlySpan<Action> passes)
    {
        foreach (Action pass in passes)
            Device.Plan(pass);
    }

    /// <summary>A vector of noise.</summary>
    /// <param name="count">Its length.</param>
    protected ArrayView<float> Noise(long count)
    {
        DeviceBuffer<float> buffer = Device.Allocate<float>(count);
        buffers.Add(buffer);
        SplitMix64 random = SplitMix64.ForName(1, $"{buffers.Count}");
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)random.NextDouble(-1, 1);
        Device.Upload<float>(buffer.View, values);
        return buffer.View;
    }

    /// <summary>A tensor of noise.</summary>
    /// <param name="shape">Its shape.</param>
    protected Tensor Noise(TensorShape shape) => new(shape, Noise(shape.Count));
}
