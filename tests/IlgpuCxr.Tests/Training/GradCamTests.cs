using IlgpuCxr.Data;
using IlgpuCxr.Explain;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.WeightsImport;

namespace IlgpuCxr.Tests.Training;

public sealed class GradCamTests
{
    private static readonly TensorShape image = new(1, 64, 64, 3);

    /// <summary>
    /// Before average pooling and one linear layer Grad-CAM is CAM (Zhou et al. 2016): every gradient is a weight over
    /// the number of pixels.
    /// </summary>
    [Test]
    public void Of_a_single_linear_layer_the_gradients_are_its_weights([Values(0, 2)] int target)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, "resnet18", new NetworkHead(0, 3));
        GradCam.Pass pass = Run(device, network, target);
        Assert.That(pass.Shape, Is.EqualTo(new TensorShape(1, 2, 2, 512)));
        Parameter weight = network.Parameters.Single(parameter => parameter.Name == "fc.weight");
        float[] expected = [.. device.Download(weight.Value).AsSpan(target * 512, 512).ToArray().Select(w => w / 4)];
        Assert.That(pass.Gradients, Is.EqualTo(Enumerable.Repeat(expected, 4).SelectMany(row => row)).Within(1e-7));
    }

    /// <summary>
    /// The gradient along a direction is what the logit changes by, dropout and max pooling included.
    /// </summary>
    [TestCase("resnet18")]
    [TestCase("vgg16")]
    public void Logits_change_by_the_gradients(string architecture)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, architecture, new NetworkHead(8, 2, 0.5f));
        GradCam.Pass pass = Run(device, network, target: 1);
        Assert.That(pass.Gradients.Any(gradient => gradient != 0));
        // Activations that grow by a part of themselves: no ReLU of the classifier turns for so small a step, and no
        // maximum changes its place.
        const float part = 1e-3f;
        float[] moved = Classify(
            device, network, pass, Array.ConvertAll(pass.Activations, activation => (1 + part) * activation));
        float[] before = Classify(device, network, pass, pass.Activations);
        Assert.That(before, Is.EqualTo(pass.Logits));
        double expected = pass.Activations.Zip(pass.Gradients, (a, g) => (double)a * g * part).Sum();
        Assert.That(moved[1] - before[1], Is.EqualTo(expected).Within(1e-2 * Math.Abs(expected) + 1e-5));
    }

    /// <summary>
    /// Of a window of zeros the first is the maximum: what it grows by, the pooling passes on. In trained networks most
    /// windows of a channel are such.
    /// </summary>
    [Test]
    public void A_pixel_of_a_window_of_zeros_has_the_gradient_of_the_activation()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, "vgg16", new NetworkHead(8, 2));
        GradCam.Pass pass = Run(device, network, target: 1);
        const float step = 1e-3f;
        var direction = new float[pass.Activations.Length];
        int channels = pass.Shape.C, width = pass.Shape.W;
        for (int p = 0; p < pass.Shape.H; p += 2)
            for (int q = 0; q < width; q += 2)
                for (int c = 0; c < channels; c++)
                {
                    int at = (p * width + q) * channels + c;
                    int[] window = [at, at + channels, at + width * channels, at + (width + 1) * channels];
                    if (window.All(i => pass.Activations[i] == 0))
                        direction[at] = step;
                }
        double expected = direction.Zip(pass.Gradients, (d, g) => (double)d * g).Sum();
        Assert.That(Math.Abs(expected), Is.GreaterThan(1e-6), "There are such windows, and they count.");
        float[] moved = Classify(device, network, pass, [.. pass.Activations.Zip(direction, (a, d) => a + d)]);
        float[] before = Classify(device, network, pass, pass.Activations);
        Assert.That(moved[1] - before[1], Is.EqualTo(expected).Within(2e-2 * Math.Abs(expected) + 1e-6));
    }

    [Test]
    public void A_map_weighs_channels_by_their_mean_gradient_and_keeps_what_is_positive()
    {
        // Two channels, four pixels: the first speaks for the class, the second as much against it.
        var pass = new GradCam.Pass(
            new TensorShape(1, 2, 2, 2), [4, 0, 2, 0, 0, 3, 0, 0], [1, -2, 3, 0, 0, -1, 0, -1], []);
        HeatMap map = GradCam.Map(pass);
        Assert.That(map.Values, Is.EqualTo(new[] { 1.0, 0.5, 0, 0 }));
        Assert.That(map.At(0, 0), Is.EqualTo(1));
        Assert.That(map.At(0.25, 0.5), Is.EqualTo(0.75));
        Assert.That(map.At(0.5, 0.25), Is.EqualTo(0.5));
        Assert.That(map.At(1, 1), Is.Zero);
    }

    [Test]
    public void Nothing_is_dropped()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, "resnet18", new NetworkHead(8, 2, 0.5f));
        GradCam.Pass pass = Run(device, network, target: 1);
        float[] logits = [];
        device.Plan(Evaluate);
        Evaluate();
        Assert.That(pass.Logits, Is.EqualTo(logits).Within(1e-5));

        void Evaluate()
        {
            Tensor input = device.Arena.Rent(image);
            device.Upload<float>(input.View, BatchLearner.Noise(image, "image"));
            Tensor result = network.Forward(input, training: false);
            logits = device.Download(result.View);
            result.Release();
        }
    }

    [Test]
    public void What_is_drawn_is_hot_where_the_map_is()
    {
        var upperRight = new HeatMap(2, 2, [0, 1, 0, 0]);
        byte[] drawn = Overlay.Draw(new ImageSize(8, 8, 1), new byte[64], upperRight, new CropBox(0, 0, 8, 8));
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.PathOf("drawn.png"), drawn);
        byte[] pixels = new VipsImageDecoder().Decode(folder.PathOf("drawn.png")).Pixels;
        int Red(int row, int column) => pixels[(row * 8 + column) * 3];
        Assert.That((Red(0, 7) > 50, Red(7, 0), Red(0, 0), Red(7, 7)), Is.EqualTo((true, 0, 0, 0)));
    }

    [Test]
    public void Over_a_part_of_an_image_is_drawn_what_would_be_drawn_over_it_alone()
    {
        var map = new HeatMap(2, 2, [0, 1, 0.5, 0]);
        byte[] part = Pixels(8, 8, new CropBox(0, 0, 8, 8), map), whole = Pixels(12, 10, new CropBox(3, 1, 8, 8), map);
        for (int y = 0; y < 10; y++)
            for (int x = 0; x < 12; x++)
            {
                bool isInside = y is >= 1 and < 9 && x is >= 3 and < 11;
                Assert.That(
                    whole.AsSpan((y * 12 + x) * 3, 3).ToArray(),
                    Is.EqualTo(isInside ? part.AsSpan(((y - 1) * 8 + x - 3) * 3, 3).ToArray() : [10, 20, 30]),
                    $"row {y}, column {x}");
            }

        static byte[] Pixels(int width, int height, CropBox crop, HeatMap map)
        {
            byte[] plain = [.. Enumerable.Repeat(new byte[] { 10, 20, 30 }, width * height).SelectMany(pixel => pixel)];
            using var folder = new TemporaryFolder();
            string drawn = folder.Write("drawn.png", Overlay.Draw(new ImageSize(width, height, 3), plain, map, crop));
            return new VipsImageDecoder().Decode(drawn).Pixels;
        }
    }

    private static GradCam.Pass Run(ComputeDevice device, Network network, int target)
    {
        network.Initialize(1);
        float[] noise = BatchLearner.Noise(image, "image");
        return GradCam.Run(device, network, image, tensor => device.Upload<float>(tensor.View, noise), _ => target);
    }

    private static float[] Classify(ComputeDevice device, Network network, GradCam.Pass pass, float[] values)
    {
        float[] logits = [];
        void Compute()
        {
            Tensor activations = device.Arena.Rent(pass.Shape);
            device.Upload<float>(activations.View, values);
            Tensor result = network.ForwardTail(activations);
            logits = device.Download(result.View);
            result.Release();
        }
        device.Plan(Compute);
        Compute();
        return logits;
    }
}
