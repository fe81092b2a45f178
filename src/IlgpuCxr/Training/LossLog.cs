using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Training;

/// <summary>The losses of a pass, kept on the device so that no step waits for its own.</summary>
/// <param name="device">Where the losses are computed.</param>
/// <param name="steps">Most batches of a pass.</param>
internal sealed class LossLog(ComputeDevice device, int steps) : IDisposable
{
    private readonly DeviceBuffer<float> losses = device.Allocate<float>(steps);
    private readonly List<int> batchSizes = [];

    /// <summary>Where the next batch's mean loss goes.</summary>
    /// <param name="batchSize">Images in the batch.</param>
    public ArrayView<float> Next(int batchSize)
    {
        batchSizes.Add(batchSize);
        return losses.View.SubView(batchSizes.Count - 1, 1);
    }

    /// <summary>The mean over all images so far; waits for the device.</summary>
    public double MeanOverImages()
    {
        if (batchSizes.Count == 0)
            return double.NaN;
        float[] means = device.Download(losses.View.SubView(0, batchSizes.Count));
        return means.Zip(batchSizes, (mean, size) => (double)mean * size).Sum() / batchSizes.Sum();
    }

    /// <inheritdoc/>
    public void Dispose() => losses.Dispose();
}
