using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Linear;

namespace IlgpuCxr.Tests.Convolution;

public sealed class TapsTests
{
    [Test]
    public void Kernel_rows_are_one_tap_where_there_are_few_channels() =>
        Assert.That(
            Taps.Of(new ConvolutionShape(16, 224, 224, 3, 64, 7, 7, 2, 3)),
            Is.EqualTo(new Taps(7, 1, 21, Merged: true)));

    [Test]
    public void A_window_of_one_column_is_not_few_channels() =>
        Assert.That(
            Taps.Of(new LinearShape(64, 4096, 4096).Convolution), Is.EqualTo(new Taps(1, 1, 4096, Merged: false)));
}
