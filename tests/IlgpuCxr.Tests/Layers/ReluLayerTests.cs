using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Tests.Layers;

/// <summary>The layer writes over its input where that is nobody's loss, and not where it is.</summary>
public sealed class ReluLayerTests
{
    private static readonly TensorShape Shape = TensorShape.Matrix(2, 4);
    private static readonly float[] Values = [-1, 2, -3, 4, 5, -6, 7, -8], Rectified = [0, 2, 0, 4, 5, 0, 7, 0];

    [Test]
    public void An_input_that_another_path_holds_stays_as_it_is([Values] bool isHeld)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        float[] input = [], output = [];
        bool isInPlace = false;
        void Pass()
        {
            Tensor x = device.Arena.Rent(Shape);
            device.Upload<float>(x.View, Values);
            if (isHeld)
                x.Retain();
            Tensor y = new ReluLayer("relu").Forward(device, x, training: false);
            (input, output, isInPlace) = (device.Download(x.View), device.Download(y.View), x == y);
            y.Release();
            if (isHeld)
                x.Release();
        }
        device.Plan(Pass);
        device.Run(Pass);
        Assert.Multiple(() =>
        {
            Assert.That(output, Is.EqualTo(Rectified));
            Assert.That(input, Is.EqualTo(isHeld ? Values : Rectified));
            Assert.That(isInPlace, Is.EqualTo(!isHeld));
        });
    }

    /// <summary>A batch norm that follows would normalise with statistics of what is no longer there.</summary>
    [Test]
    public void Statistics_of_what_is_written_over_are_dropped()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        PixelStatistics? left = null;
        void Pass()
        {
            Tensor x = device.Arena.Rent(Shape);
            x.Statistics = new PixelStatistics(
                device.Arena.Rent(new TensorShape(1, 1, 2, Shape.C)), PixelSlices.OfLength(2, Shape.C, 2));
            Tensor y = new ReluLayer("relu").Forward(device, x, training: false);
            left = y.TakeStatistics();
            y.Release();
        }
        device.Plan(Pass);
        device.Run(Pass);
        Assert.That(left, Is.Null);
    }
}
