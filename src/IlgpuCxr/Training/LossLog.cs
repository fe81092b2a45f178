using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Training;

/// <summary>The losses of a pass, kept on the device so that no step waits for its own.</summary>
/// <param name="device">Where the losses are computed.</param>
/// <param name="steps">Most batches of a pass.</param>
/// <param name="sums">Whether a batch's loss is the sum over its images; otherwise it is the mean.</param>
internal sealed class LossLog(ComputeDevice device, int steps, bool sums) : IDisposable
{
    private readonly DeviceBuffer<float> losses = device.Allocate<float>(steps);
    private readonly List<int> batchSizes = [];

    /// <summary>Where the next batch's loss goes.</summary>
    /// <param name="batchSize">Images in the batch.</param>
    public ArrayView<float> Next(int batchSize)
    {
        batchSizes.Add(batchSize);
        return losses.View.SubView(batchSizes.Count - 1, 1);
    }

    /// <summary>
    /// The loss of all images so far as if they were one batch: their sum or their mean; waits for the device.
    /// </summary>
    public double OverImages()
    {
        if (batchSizes.Count == 0)
            return double.NaN;
        float[] batches = device.Download(losses.View.SubView(0, batchSizes.Count));
        return sums
            ? batches.Sum(loss => (double)loss)
            : batches.Zip(batchSizes, (mean, size) => (double)mean * size).Sum() / batchSizes.Sum();
    }

    /// <inheritdoc/>
    public void Dispose() => losses.Dispose();
}
