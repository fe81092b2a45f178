using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>ResNet-18 (He et al. 2015, arXiv:1512.03385), with torchvision's names and strides.</summary>
public static class ResNet18
{
    /// <summary>The name on the command line and in checkpoints.</summary>
    public const string Name = "resnet18";

    private const int Features = 512;

    /// <summary>The smallest image is halved five times, to one pixel.</summary>
    public static Architecture Architecture { get; } = new(Name, "fc", SmallestImage: 32, FeatureLayers: 11, Build)
    {
        Title = "ResNet18",
    };

    private static Sequential Build(NetworkHead head, DropoutState dropout) => new(
        new ConvolutionLayer("conv1", 3, 64, filterSize: 7, stride: 2, padding: 3),
        new BatchNormLayer("bn1", 64, relu: true),
        new MaxPoolingLayer("maxpool", window: 3, stride: 2, padding: 1),
        new BasicBlock("layer1.0", 64, 64, stride: 1),
        new BasicBlock("layer1.1", 64, 64, stride: 1),
        new BasicBlock("layer2.0", 64, 128, stride: 2),
        new BasicBlock("layer2.1", 128, 128, stride: 1),
        new BasicBlock("layer3.0", 128, 256, stride: 2),
        new BasicBlock("layer3.1", 256, 256, stride: 1),
        new BasicBlock("layer4.0", 256, Features, stride: 2),
        new BasicBlock("layer4.1", Features, Features, stride: 1),
        new AdaptiveAveragePoolingLayer("avgpool", 1),
        head.Build(Architecture.HeadName, TensorShape.Vector(Features), dropout));
}
