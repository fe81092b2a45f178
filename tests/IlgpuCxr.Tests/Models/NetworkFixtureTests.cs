using System.Text.Json;
using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Fixtures;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Tests.Models;

/// <summary>
/// Whole networks against libtorch: logits, losses, gradients, running statistics and parameters over a few steps.
/// </summary>
public sealed class NetworkFixtureTests
{
    // The fixtures' README: gradients of the first step, relative to their l2.
    private const double GradientTolerance = 2e-3;

    // The fixtures' README: losses of the first four steps; what depends on them in the same way has the same
    // tolerance.
    private const double LossTolerance = 1e-3;

    // Enough that an activation within rounding of a kink is on either side of it in one of them at least, with odds of
    // 4095 to 1.
    private const int Perturbations = 12;

    [TestCaseSource(typeof(NetworkCase), nameof(NetworkCase.All))]
    public void Equals_libtorch(NetworkCase expected) =>
        AssertEqualsLibtorch(expected, algorithms: "", expected.Losses.Length);

    // Larger images take this algorithm without being told to. Part 2's VGG16 has the convolutions of Part 1's, and two
    // more linear layers of 119 million weights, which take ten times as long.
    [TestCaseSource(nameof(SmallImages))]
    public void Winograd_equals_libtorch(NetworkCase expected) =>
        AssertEqualsLibtorch(expected, "convolution=winograd4", steps: 1);

    // One step of one case: naive kernels take half a minute for what the fast ones do in a second (of VGG16, a minute
    // and more), and each of them is compared with its reference elsewhere.
    [TestCaseSource(nameof(SmallestOfResNet18))]
    public void Naive_kernels_equal_libtorch(NetworkCase expected) => AssertEqualsLibtorch(expected, "naive", steps: 1);

    // The paths that no machine chooses for these images, or that only other machines choose.
    [Test]
    public void Every_path_of_the_convolution_equals_libtorch(
        [ValueSource(nameof(SmallestOfEachNetwork))] NetworkCase expected,
        [Values("vector128", "vector256", "vector512", "winograd2")] string path) =>
        AssertEqualsLibtorch(expected, $"convolution={path}", steps: 1);

    private static IEnumerable<NetworkCase> SmallImages() =>
        NetworkCase.All.Where(network => network.Size <= 64 && network is not { Network: "vgg16", Loss: "focal" });

    private static IEnumerable<NetworkCase> SmallestOfResNet18() =>
        SmallestOfEachNetwork().Where(network => network.Network == "resnet18");

    private static IEnumerable<NetworkCase> SmallestOfEachNetwork() =>
        from network in NetworkCase.All
        group network by network.Network into cases
        select cases.OrderBy(network => network.Size).ThenBy(network => network.Frozen.Count).First();

    private static void AssertEqualsLibtorch(NetworkCase expected, string algorithms, int steps)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = algorithms });
        using var run = new NetworkRun(device, expected);

        Compare("eval_logits_before", LossTolerance, run.Evaluate());
        float[] losses = expected.Losses;
        for (int step = 0; step < steps; step++)
        {
            float loss = run.LossAndGradients();
            // Rounding differences grow with each step; the README allows for that after the fourth.
            double tolerance = LossTolerance * Math.Pow(2, Math.Max(0, step - 3));
            Assert.That(
                loss, Is.EqualTo(losses[step]).Within(tolerance * Math.Abs(losses[step])), $"loss before step {step}");
            if (step == 0)
            {
                Compare("train_logits_step0", LossTolerance, run.Logits);
                CompareAll(
                    "gradients_step0", GradientTolerance, parameter => parameter.Gradient,
                    names => Sensitivity(expected, names));
                if (run.HasBuffers)
                    CompareAll("buffers_after_step0", LossTolerance, parameter => parameter.Value);
            }
            run.Step();
        }
        if (steps < losses.Length)
            return;
        CompareAll("parameters_after", GradientTolerance, parameter => parameter.Value);
        Compare("eval_logits_after", LossTolerance * Math.Pow(2, losses.Length), run.Evaluate());

        void Compare(string what, double tolerance, float[] actual) =>
            Assert.That(FixtureSet.RelativeDifference(expected.Stored(what), actual), Is.LessThan(tolerance), what);

        void CompareAll(
            string what, double tolerance, Func<Parameter, ArrayView<float>> view,
            Func<string[], Dictionary<string, double>>? sensitivity = null)
        {
            JsonProperty[] stored = [.. expected.Stored(what).EnumerateObject()];
            Assert.That(stored, Is.Not.Empty, what);
            var differing = new Dictionary<string, double>();
            foreach (JsonProperty property in stored)
            {
                double difference = FixtureSet.RelativeDifference(
                    property.Value, run.InPyTorchOrder(property.Name, view));
                if (!(difference < tolerance))
                    differing.Add(property.Name, difference);
            }
            // What else is allowed takes several training steps to find out: only for those that want it.
            Dictionary<string, double>? sensitivities = differing.Count == 0
                ? null
                : sensitivity?.Invoke([.. differing.Keys]);
            foreach ((string name, double difference) in differing)
                Assert.That(
                    difference, Is.LessThan(Math.Max(tolerance, 2 * sensitivities?[name] ?? 0)), $"{what} {name}");
        }
    }

    /// <summary>How much gradients change when the images change by as little as a layer's sums are rounded.</summary>
    /// <remarks>
    /// Where an activation lies within rounding of ReLU's kink, or two pixels of a pooling window do of each other,
    /// correct computations differ by whole terms of the gradient. What no single precision can tell apart, no
    /// tolerance may either; elsewhere this is some 1e-5 and changes nothing.
    /// </remarks>
    private static Dictionary<string, double> Sensitivity(NetworkCase expected, string[] names)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "" });
        // One network for all of them: what a pass leaves changed are running statistics, which no gradient depends on.
        using var run = new NetworkRun(device, expected);
        Dictionary<string, float[]> exact = Gradients();
        var sensitivity = names.ToDictionary(name => name, _ => 0.0);
        for (int perturbation = 1; perturbation <= Perturbations; perturbation++)
        {
            run.Perturb(perturbation);
            foreach ((string name, float[] gradient) in Gradients())
                sensitivity[name] = Math.Max(sensitivity[name], Difference(gradient, exact[name]));
        }
        return sensitivity;

        Dictionary<string, float[]> Gradients()
        {
            run.LossAndGradients();
            return names.ToDictionary(name => name, name => run.InPyTorchOrder(name, parameter => parameter.Gradient));
        }

        static double Difference(float[] a, float[] b)
        {
            double difference = 0, squares = 0;
            for (int i = 0; i < a.Length; i++)
            {
                difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
                squares += (double)b[i] * b[i];
            }
            return Math.Sqrt(difference / squares);
        }
    }
}

/// <summary>A network with the parameters, the images and the targets of a case.</summary>
internal sealed class NetworkRun : IDisposable
{
    // The longest sums have 512 · 3 · 3 terms, each rounded to 2^-24: together some √4608 · 2^-24 of the sum.
    private const float RoundingOfSums = 1f / (1 << 18);

    private readonly ComputeDevice device;
    private readonly NetworkCase expected;
    private readonly Network network;
    private readonly Optimizer optimizer;
    private readonly TensorShape shape;
    private readonly float[] pixels;
    private readonly DeviceBuffer<float> images;
    private readonly DeviceBuffer<float> loss;
    private readonly DeviceBuffer<float> logits;
    private readonly DeviceBuffer<float> targets;
    private readonly DeviceBuffer<int> classes;
    private bool planned;

    /// <param name="device">Where to compute.</param>
    /// <param name="expected">The case.</param>
    /// <param name="weights">
    /// A file that the parameters come from; null generates them. A file without a classifier leaves that generated.
    /// </param>
    public NetworkRun(ComputeDevice device, NetworkCase expected, string? weights = null)
    {
        this.device = device;
        this.expected = expected;
        network = new Network(device, expected.Network, expected.Head);
        HashSet<string> frozen = expected.Frozen;
        foreach (Parameter parameter in network.Parameters)
        {
            parameter.RequiresGrad = !parameter.IsBuffer && !frozen.Contains(parameter.Name);
            // Running statistics begin as those of a new network.
            if (parameter.IsBuffer)
                device.Upload<float>(parameter.Value, Initializer.Values(parameter, 0));
            else if (weights is null || network.IsHead(parameter.Name))
                device.Upload<float>(parameter.Value, Reordered.FromPyTorch(parameter, expected.Generate(parameter)));
        }
        if (weights is not null)
            WeightImport.Load(device, network, weights);
        optimizer = new Optimizer(
            device, network,
            new OptimizerOptions { LearningRate = expected.LearningRate, Momentum = expected.Momentum });
        shape = new TensorShape(expected.Batch, expected.Size, expected.Size, 3);
        images = device.Allocate<float>(shape.Count);
        pixels = Fixtures.PyTorchLayout.ToNhwc(expected.Generate("input", shape.Count, 2), shape);
        device.Upload<float>(images.View, pixels);
        loss = device.Allocate<float>(1);
        logits = device.Allocate<float>((long)shape.N * network.Head.Outputs);
        targets = device.Allocate<float>(expected.Targets.Length);
        classes = device.Allocate<int>(expected.Targets.Length);
        device.Upload<float>(targets.View, expected.Targets);
        device.Upload<int>(classes.View, Array.ConvertAll(expected.Targets, target => (int)target));
    }

    public bool HasBuffers => network.Parameters.Any(parameter => parameter.IsBuffer);

    public float[] Logits => device.Download(logits.View);

    public float[] Evaluate()
    {
        Forward(training: false).Release();
        return Logits;
    }

    /// <summary>
    /// Changes the case's images by as little as a layer's sums are rounded: each number up or down, as the seed says.
    /// </summary>
    public void Perturb(int seed)
    {
        var random = new Random(seed);
        device.Upload<float>(
            images.View,
            Array.ConvertAll(pixels, pixel => pixel * (random.Next(2) == 0 ? 1 + RoundingOfSums : 1 - RoundingOfSums)));
    }

    public float LossAndGradients()
    {
        if (!planned)
            device.Plan(() => Learn());
        planned = true;
        Learn();
        return device.Download(loss.View)[0];
    }

    public void Step() => optimizer.Step();

    public float[] InPyTorchOrder(string name, Func<Parameter, ArrayView<float>> view)
    {
        Parameter parameter = network.Parameters.Single(p => p.Name == name);
        return Reordered.ToPyTorch(parameter, device.Download(view(parameter)));
    }

    public void Dispose()
    {
        foreach (IDisposable owned in (ReadOnlySpan<IDisposable>)[images, loss, logits, targets, classes, optimizer, network])
            owned.Dispose();
    }

    private void Learn()
    {
        Tensor output = Forward(training: true);
        Tensor gradLogits = device.Arena.Rent(output.Shape);
        var sizes = new LossShape(shape.N, network.Head.Outputs);
        if (expected.Loss == "ce")
            SoftmaxCrossEntropy.Forward(device, loss.View, gradLogits.View, output.View, classes.View, sizes);
        else if (expected.Loss == "bce")
            BinaryCrossEntropy.Forward(device, loss.View, gradLogits.View, output.View, targets.View, sizes);
        else
            Focal.Forward(device, loss.View, gradLogits.View, output.View, targets.View, FocalOptions.Study, sizes);
        output.Release();
        network.Backward(gradLogits);
    }

    private Tensor Forward(bool training)
    {
        if (!training)
            device.Plan(() => Infer(false).Release());
        return Infer(training);
    }

    private Tensor Infer(bool training)
    {
        Tensor input = device.Arena.Rent(shape);
        device.Copy(input.View, images.View);
        Tensor output = network.Forward(input, training);
        device.Copy(logits.View, output.View);
        return output;
    }
}
