using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Models;

namespace IlgpuCxr.Tests.Training;

/// <summary>A network that learns batches which are in memory: forward, loss, backward, SGD, with no files around it.</summary>
internal sealed class BatchLearner : IDisposable
{
    private readonly ComputeDevice device;
    private readonly Network network;
    private readonly SgdOptions options;
    private readonly TensorShape shape;
    private readonly DeviceBuffer<float> momentum;
    private readonly DeviceBuffer<float> images;
    private readonly DeviceBuffer<int> targets;
    private readonly DeviceBuffer<float> loss;
    private readonly DeviceBuffer<float> logits;

    /// <param name="architecture"><c>resnet18</c> or <c>vgg16</c>, with the head of the study's Part 1.</param>
    /// <param name="threads">Threads of the CPU device.</param>
    /// <param name="shape">Of a batch.</param>
    /// <param name="options">The optimizer's.</param>
    /// <param name="seed">Of the network's first values.</param>
    public BatchLearner(string architecture, int threads, TensorShape shape, SgdOptions options, long seed = 1)
    {
        this.shape = shape;
        this.options = options;
        device = SmallRun.Open(threads);
        network = new Network(device, architecture, NetworkHead.Part1);
        network.Initialize(seed);
        momentum = device.Allocate<float>(network.Store.LearnedCount);
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
        Upload(batch, classes);
        device.Plan(() => Backward());
        Backward();
        ArrayView<float> learned = network.Store.Values.SubView(0, network.Store.LearnedCount);
        Sgd.Step(device, learned, momentum.View, network.Store.Gradients, options);
        return device.Download(loss.View)[0];
    }

    /// <summary>The most likely class of each image, with the running statistics.</summary>
    public int[] Classify(float[] batch)
    {
        Upload(batch, new int[shape.N]);
        device.Plan(() => Forward(training: false).Release());
        Forward(training: false).Release();
        return [.. device.Download(logits.View).Chunk(network.Head.Outputs).Select(row => Array.IndexOf(row, row.Max()))];
    }

    public void Dispose()
    {
        foreach (IDisposable owned in (ReadOnlySpan<IDisposable>)[momentum, images, targets, loss, logits, network, device])
            owned.Dispose();
    }

    private void Upload(float[] batch, int[] classes)
    {
        device.Upload<float>(images.View, batch);
        device.Upload<int>(targets.View, classes);
    }

    private Tensor Forward(bool training)
    {
        Tensor input = device.Arena.Rent(shape);
        device.Copy(input.View, images.View);
        Tensor output = network.Forward(input, training);
        device.Copy(logits.View, output.View);
        return output;
    }

    private void Backward()
    {
        Tensor output = Forward(training: true), gradLogits = device.Arena.Rent(output.Shape);
        SoftmaxCrossEntropy.Forward(device, loss.View, gradLogits.View, output.View, targets.View, new LossShape(shape.N, network.Head.Outputs));
        output.Release();
        network.Backward(gradLogits);
    }
}
