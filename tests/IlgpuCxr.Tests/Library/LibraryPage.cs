using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Library;

/// <summary>The code of docs/library.md, line by line.</summary>
internal static class LibraryPage
{
    /// <summary>The page's program.</summary>
    /// <param name="folder">Where its checkpoint goes.</param>
    /// <param name="Console">Where it prints: the name that the page's lines have for it.</param>
    public static void Run(string folder, TextWriter Console)
    {
        using ComputeDevice device = DeviceCatalog.Open("auto");          // CUDA if there is one, else the CPU
        var small = new Architecture(
            "small", HeadName: "fc", SmallestImage: 2, FeatureLayers: 3, (head, dropout) => new Sequential(
                new ConvolutionLayer("conv1", inChannels: 1, outChannels: 8, filterSize: 3, stride: 1, padding: 1),
                new BatchNormLayer("bn1", channels: 8, relu: false),
                new LeakyReluLayer(slope: 0.1f),                              // your own, below
                new MaxPoolingLayer("pool1", window: 2, stride: 2, padding: 0),
                new LinearLayer("fc", new TensorShape(1, 8, 8, 8), head.Outputs)));
        using var network = new Network(device, small, new NetworkHead(Hidden: 0, Outputs: 2));
        network.Initialize(seed: 1);
        using var optimizer = new Optimizer(
            device, network, new OptimizerOptions { Kind = OptimizerKind.Adam, LearningRate = 1e-3f });
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);

        var shape = new TensorShape(32, 16, 16, 1);                       // a batch: bright images are class 1
        var random = new Random(1);
        int[] classes = [.. Enumerable.Range(0, shape.N).Select(n => n % 2)];
        float[] images =
            [.. Enumerable.Range(0, (int)shape.Count).Select(i => random.NextSingle() + 0.2f * classes[i / 256])];
        using DeviceBuffer<int> targets = device.Allocate<int>(shape.N);
        using DeviceBuffer<float> loss = device.Allocate<float>(1), logits = device.Allocate<float>(shape.N * 2);
        device.Upload<int>(targets.View, classes);
        void Fill(Tensor tensor) => device.Upload<float>(tensor.View, images);
        for (int i = 0; i < 30; i++)
            step.Train(shape, Fill, BatchTargets.OfClasses(targets.View), loss.View);
        Console.WriteLine($"loss {device.Download(loss.View)[0]:F4}");

        step.Predict(shape, Fill, logits.View);                           // running statistics, no dropout
        float[] rows = device.Download(logits.View);
        Console.WriteLine(
            $"right: {classes.Index().Count(c => Prediction.ArgMax(rows.AsSpan(2 * c.Index, 2)) == c.Item)} of {shape.N}");

        string file = Path.Combine(folder, "small");                      // small.safetensors: PyTorch's names, layouts
        Checkpoint.Save(file, device, network, optimizer);                // without the optimizer, the parameters alone
        Checkpoint.Load(file, device, network, optimizer);                // goes on from the same bits

        using DeviceBuffer<float> wanted = device.Allocate<float>(shape.N * 2);
        device.Upload<float>(wanted.View, [.. classes.SelectMany(c => new float[] { 1 - c, c })]);
        device.Plan(Learn);                                               // once for each size of a batch
        for (int i = 0; i < 60; i++)
        {
            optimizer.LearningRate = 1e-3f * (1 - i / 60f);              // a schedule
            network.Dropout.Begin(device, optimizer.Steps);               // what this step drops
            device.Run(Learn);
            optimizer.Step();
        }
        step.Predict(shape, Fill, logits.View);
        double error = device.Download(logits.View)
            .Zip(device.Download(wanted.View), (output, wanted) => Math.Pow(output - wanted, 2)).Average();
        Console.WriteLine($"squared error {error:F4}");

        void Learn()
        {
            Tensor batch = device.Arena.Rent(shape);
            Fill(batch);
            Tensor output = network.Forward(batch, training: true);       // takes the batch over
            Tensor gradient = device.Arena.Rent(output.Shape);
            device.Launch(
                SquaredError.Gradient, (int)output.Shape.Count, gradient.View, output.View, wanted.View,
                2f / output.Shape.Count);
            output.Release();
            network.Backward(gradient);                                   // takes the gradient over
        }
    }
}

internal static class SquaredError
{
    public static void Gradient(
        Index1D i, ArrayView<float> gradient, ArrayView<float> output, ArrayView<float> wanted, float scale) =>
        gradient[i] = scale * (output[i] - wanted[i]);
}

internal sealed class LeakyReluLayer(float slope) : Layer
{
    private Tensor? input;

    private static void Scale(Index1D i, ArrayView<float> y, ArrayView<float> x, ArrayView<float> sign, float slope) =>
        y[i] = sign[i] > 0 ? x[i] : slope * x[i];

    public override IEnumerable<Parameter> Parameters => [];

    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows) => input;

    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        Tensor output = device.Arena.Rent(input.Shape);
        output.RequiresGrad = input.RequiresGrad;
        device.Launch(Scale, (int)input.Shape.Count, output.View, input.View, input.View, slope);
        if (output.RequiresGrad)
            this.input = input;
        else
            input.Release();
        return output;
    }

    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        Tensor gradInput = PlaceOver(device, gradOutput);              // over it, or beside it where it is shared
        device.Launch(Scale, (int)gradOutput.Shape.Count, gradInput.View, gradOutput.View, input!.View, slope);
        gradOutput.Release();
        input.Release();
        input = null;
        return gradInput;
    }
}
