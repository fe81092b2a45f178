using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>VGG-16 (Simonyan and Zisserman 2014, arXiv:1409.1556), with torchvision's names.</summary>
public static class Vgg16
{
    /// <summary>The name on the command line and in checkpoints.</summary>
    public const string Name = "vgg16";

    // torchvision's configuration D: output channels of each convolution, and 0 for a pooling, which is the last.
    private static readonly int[] Configuration =
        [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0];

    // Whatever the image's size, the classifier sees 7 x 7 pixels of 512 channels.
    private const int PooledSize = 7;

    private const int ClassifierFeatures = 4096;

    // torchvision's VGG: normal with this deviation for linear layers that are not replaced.
    private const float LinearDeviation = 0.01f;

    /// <summary>The smallest image is halved five times, to one pixel.</summary>
    public static Architecture Architecture { get; } = new(
        Name, "classifier", SmallestImage: 32, Configuration.Length - 1, Build)
    {
        Title = "VGG16",
    };

    private static Sequential Build(NetworkHead head, DropoutState dropout)
    {
        var layers = new List<Layer>();
        int channels = 3, index = 0;
        foreach (int outChannels in Configuration)
        {
            if (outChannels == 0)
            {
                layers.Add(new MaxPoolingLayer($"features.{index++}", window: 2, stride: 2, padding: 0));
                continue;
            }
            layers.Add(
                new ConvolutionLayer(
                    $"features.{index}", channels, outChannels, filterSize: 3, stride: 1, padding: 1, hasBias: true,
                    relu: true));
            // torchvision counts the ReLU as a layer of its own.
            index += 2;
            channels = outChannels;
        }
        layers.Add(new AdaptiveAveragePoolingLayer("avgpool", PooledSize));
        var pooled = new TensorShape(1, PooledSize, PooledSize, channels);
        layers.Add(
            head.Hidden > 0
                ? head.Build(Architecture.HeadName, pooled, dropout)
                : FullClassifier(pooled, head, dropout));
        return new Sequential(layers);
    }

    /// <summary>
    /// The original classifier with another last layer: 4096, 4096, outputs, with dropout after the hidden layers.
    /// </summary>
    private static Sequential FullClassifier(TensorShape pooled, NetworkHead head, DropoutState dropout)
    {
        Initialization normal = Initialization.Normal(LinearDeviation), zero = Initialization.Constant(0);
        return new Sequential(
            new LinearLayer("classifier.0", pooled, ClassifierFeatures, normal, zero),
            new ReluLayer("classifier.1"),
            new DropoutLayer("classifier.2", head.Dropout, dropout),
            new LinearLayer("classifier.3", TensorShape.Vector(ClassifierFeatures), ClassifierFeatures, normal, zero),
            new ReluLayer("classifier.4"),
            new DropoutLayer("classifier.5", head.Dropout, dropout),
            new LinearLayer("classifier.6", TensorShape.Vector(ClassifierFeatures), head.Outputs));
    }
}
