using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Tests.Layers;

public sealed class ConvolutionLayerTests
{
    [TestCase(8, 8, 4, "takes 3 channels")]
    [TestCase(2, 8, 3, "larger than")]
    public void Images_that_do_not_fit_are_refused(int height, int width, int channels, string message)
    {
        var layer = new ConvolutionLayer("conv1", inChannels: 3, outChannels: 8, window: 5, stride: 2, padding: 1);
        Assert.That(() => layer.Describe(new TensorShape(1, height, width, channels), []), Throws.ArgumentException.With.Message.Contains(message));
    }
}
