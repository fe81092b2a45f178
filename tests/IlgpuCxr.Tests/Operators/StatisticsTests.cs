using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// The statistics that a convolution leaves with its output: a batch norm that follows would normalise with those of
/// what is no longer there.
/// </summary>
public sealed class StatisticsTests
{
    private static readonly TensorShape Shape = new(N: 2, H: 2, W: 2, C: 4);

    private static IEnumerable<TestCaseData> Writers() =>
    [
        Writer("convolution", (device, y, x, values) =>
            Kernels.Convolution.Convolution.Forward(
                device, y, x, values.View, default, relu: false, new ConvolutionShape(2, 2, 2, 4, 4, 1, 1, 1, 0))),
        Writer("batch norm", (device, y, x, values) => BatchNorm.ForwardEvaluation(
            device, y, x, null, values.View, values.View, values.View, values.View, 1e-5f, relu: false,
            new BatchNormShape(2, 2, 2, 4))),
        Writer(
            "max pooling",
            (device, y, x, _) =>
                MaxPooling.Forward(device, y, null, x, isActivation: false, new MaxPoolingShape(2, 2, 2, 4, 1, 1, 0))),
        Writer("adaptive average pooling", (device, y, x, _) =>
            AdaptiveAveragePooling.Forward(device, y, x, new AdaptiveAveragePoolingShape(2, 2, 2, 4, 2, 2))),
        Writer(
            "linear",
            (device, y, x, values) => Linear.Forward(device, y, x, values.View, default, new LinearShape(2, 16, 16))),
    ];

    [TestCaseSource(nameof(Writers))]
    public void An_operator_that_writes_over_a_tensor_drops_them(Action<ComputeDevice, Tensor, Tensor, Tensor> write)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        PixelStatistics? left = null;
        device.Plan(() =>
        {
            Tensor x = device.Arena.Rent(Shape), y = device.Arena.Rent(Shape);
            Tensor values = device.Arena.Rent(TensorShape.Matrix(16, 16));
            y.Statistics = new PixelStatistics(
                device.Arena.Rent(new TensorShape(1, 1, 2, Shape.C)),
                PixelSlices.OfLength(Shape.Pixels, Shape.C, Shape.Pixels));
            write(device, y, x, values);
            left = y.TakeStatistics();
            values.Release();
            y.Release();
            x.Release();
        });
        Assert.That(left, Is.Null);
    }

    private static TestCaseData Writer(string name, Action<ComputeDevice, Tensor, Tensor, Tensor> write) =>
        new TestCaseData(write).SetArgDisplayNames(name);
}
