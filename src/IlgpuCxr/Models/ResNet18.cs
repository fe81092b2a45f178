using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>ResNet-18 (He et al. 2015, arXiv:1512.03385), with torchvision's names and strides.</summary>
public static class ResNet18
{
    /// <summary>The name on the command line and in checkpoints.</summary>
    public const string Name = "resnet18";

    /// <summary>The smallest image: halved five times, one pixel is left.</summary>
    public const int SmallestImage = 32;

    /// <summary>The name in front of the classifier's parameters.</summary>
    public const string HeadName = "fc";

    private const int Features = 512;

    /// <summary>The layers, from the image to the logits.</summary>
    /// <param name="head">The classifier.</param>
    public static Layer Build(NetworkHead head) => new Sequential(
        new ConvolutionLayer("conv1", 3, 64, window: 7, stride: 2, padding: 3),
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
        head.Build(HeadName, Features));
}
