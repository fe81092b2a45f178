using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

/// <summary>
/// A network that learns batches which are in memory: forward, loss, backward, SGD, with no files around it.
/// </summary>
internal sealed class BatchLearner : IDisposable
{
    private readonly ComputeDevice device;
    private readonly Network network;
    private readonly Optimizer optimizer;
    private readonly TrainingStep step;
    private readonly TensorShape shape;
    private readonly DeviceBuffer<float> images;
    private readonly DeviceBuffer<int> targets;
    private readonly DeviceBuffer<float> loss;
    private readonly DeviceBuffer<float> logits;

    /// <param name="architecture"><c>resnet18</c> or <c>vgg16</c>, with the head of the study's Part 1.</param>
    /// <param name="threads">Threads of the CPU device.</param>
    /// <param name="shape">Of a batch.</param>
    /// <param name="options">The optimizer's.</param>
    /// <param name="seed">Of the network's first values.</param>
    public BatchLearner(string architecture, int threads, TensorShape shape, OptimizerOptions options, long seed = 1)
    {
        this.shape = shape;
        device = SmallRun.Open(threads);
        network = new Network(device, architecture, NetworkHead.Part1);
        network.Initialize(seed);
        optimizer = new Optimizer(device, network, options);
        step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        images = device.Allocate<float>(shape.Count);
        targets = device.Allocate<int>(shape.N);
        loss = device.Allocate<float>(1);
        logits = device.Allocate<float>((long)shape.N * network.Head.Outputs);
    }

    /// <summary>A digest of all parameters and running statistics.</summary>
    public string Weights => Digest.Of(device.Download(network.Store.Values));

    /// <summary>Images of noise: nothing to recognise, all to learn by heart.</summary>
    public static float[] Noise(TensorShape shape, string name)
    {
        SplitMix64 random = SplitMix64.ForName(1, name);
        var noise = new float[shape.Count];
        for (int i = 0; i < noise.Length; i++)
            noise[i] = (float)random.NextNormal();
        return noise;
    }

    /// <summary>A step of training; returns the loss before it.</summary>
    public float Learn(float[] batch, int[] classes)
    {
        device.Upload<float>(images.View, batch);
        device.Upload<int>(targets.View, classes);
        step.Train(shape, Fill, new BatchTargets(targets.View, default), loss.View);
        return device.Download(loss.View)[0];
    }

    /// <summary>The most likely class of each image, with the running statistics.</summary>
    public int[] Classify(float[] batch)
    {
        device.Upload<float>(images.View, batch);
        step.Predict(shape, Fill, logits.View);
        return [
            .. device.Download(logits.View).Chunk(network.Head.Outputs).Select(row => Array.IndexOf(row, row.Max()))];
    }

    public void Dispose()
    {
        foreach (IDisposable owned in (ReadOnlySpan<IDisposable>)[step, optimizer, images, targets, loss, logits, network, device])
            owned.Dispose();
    }

    private void Fill(Tensor batch) => device.Copy(batch.View, images.View);
}
