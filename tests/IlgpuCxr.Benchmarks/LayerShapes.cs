using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Benchmarks;

/// <summary>
/// Every distinct layer of both networks on images of 224 x 224, with the batches that the whole-network benchmarks use
/// on a CPU.
/// </summary>
public static class LayerShapes
{
    private const int ResNetBatch = 16, VggBatch = 4;

    /// <summary>The convolutions.</summary>
    public static IEnumerable<ConvolutionShape> Convolutions() =>
    [
        ResNet(224, 3, 64, window: 7, stride: 2),
        ResNet(56, 64, 64),
        ResNet(56, 64, 128, stride: 2), ResNet(56, 64, 128, window: 1, stride: 2), ResNet(28, 128, 128),
        ResNet(28, 128, 256, stride: 2), ResNet(28, 128, 256, window: 1, stride: 2), ResNet(14, 256, 256),
        ResNet(14, 256, 512, stride: 2), ResNet(14, 256, 512, window: 1, stride: 2), ResNet(7, 512, 512),
        Vgg(224, 3, 64), Vgg(224, 64, 64), Vgg(112, 64, 128), Vgg(112, 128, 128), Vgg(56, 128, 256), Vgg(56, 256, 256),
        Vgg(28, 256, 512), Vgg(28, 512, 512), Vgg(14, 512, 512),
    ];

    /// <summary>ResNet18's batch norms; VGG16 has none.</summary>
    public static IEnumerable<BatchNormShape> BatchNorms() =>
        from layer in new (int Size, int Channels)[] { (112, 64), (56, 64), (28, 128), (14, 256), (7, 512) }
        select new BatchNormShape(ResNetBatch, layer.Size, layer.Size, layer.Channels);

    /// <summary>The max poolings.</summary>
    public static IEnumerable<MaxPoolingShape> MaxPoolings() =>
    [
        new MaxPoolingShape(ResNetBatch, 112, 112, 64, Window: 3, Stride: 2, Padding: 1),
        .. from layer in new (int Size, int Channels)[] { (224, 64), (112, 128), (56, 256), (28, 512), (14, 512) }
           select new MaxPoolingShape(
               VggBatch, layer.Size, layer.Size, layer.Channels, Window: 2, Stride: 2, Padding: 0),
    ];

    /// <summary>The linear layers of the study's heads.</summary>
    public static IEnumerable<LinearShape> Linears() =>
        [new(ResNetBatch, 512, 130), new(VggBatch, 25088, 130), new(VggBatch, 25088, 4096), new(VggBatch, 4096, 4096)];

    private static ConvolutionShape ResNet(int size, int channels, int outChannels, int window = 3, int stride = 1) =>
        new(ResNetBatch, size, size, channels, outChannels, window, window, stride, window / 2);

    private static ConvolutionShape Vgg(int size, int channels, int outChannels) =>
        new(VggBatch, size, size, channels, outChannels, R: 3, S: 3, Stride: 1, Padding: 1);
}
