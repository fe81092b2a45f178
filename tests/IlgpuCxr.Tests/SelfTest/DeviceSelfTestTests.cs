using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.SelfTest;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.SelfTest;

public sealed class DeviceSelfTestTests
{
    [Test]
    public void The_cpu_passes()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        foreach (SelfCheck check in DeviceSelfTest.Run(device))
            Assert.That(
                (check.Passed, check.Failed), Is.EqualTo((true, 0)),
                $"{check.Name}: {check.Worst} over {check.Bound} at {check.At}");
    }

    [Test]
    public void Its_small_convolutions_in_bf16_are_within_their_bounds([Values] bool exact)
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Bf16 });
        // A second of the interpreter each; the others take it minutes.
        ConvolutionShape[] shapes = [.. ConvolutionChecks.Shapes.Where(shape => shape.Flops < 2e6)];
        Expectation[] convolutions = ConvolutionChecks.Expected(device, shapes, exact);
        Assert.That(
            convolutions.Select(one => one.Definition.Elements).Distinct(),
            Is.EquivalentTo(new[] { ElementType.Single, ElementType.BFloat16 }));
        foreach (Expectation convolution in convolutions)
        {
            Deviation found = convolution.Compare(device);
            Assert.That(
                found.Size, Is.LessThanOrEqualTo(exact ? 0 : 1), $"{convolution.Definition.Shape}: {found.Result}");
        }
    }

    [Test]
    public void A_check_that_throws_tells_where_and_leaves_the_others_to_run()
    {
        // Only GPUs have tiles.
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "maxPooling=quad" });
        SelfCheck[] checks = [.. DeviceSelfTest.OtherOperatorsAndSteps(device)];
        SelfCheck pooling = checks.Single(check => check.Name == "max pooling");
        Assert.That(
            (pooling.Passed, pooling.Failed, pooling.At),
            Is.EqualTo((false, 5, "n2 7x5x3 -> 4x3x3, window 3 stride 2 padding 1")));
        Assert.That(pooling.Exception, Does.Contain("'quad' does not run"));
        Assert.That(pooling.LostDevice, Is.False);
        Assert.That(checks.Single(check => check.Name == "batch norm, three passes").Passed);
        Assert.That(checks.Single(check => check.Name == "image transform").Passed);
    }

    [Test]
    public void The_worst_result_is_told_and_no_number_is_the_worst()
    {
        Deviation small = new(1, "output"), large = new(2, "grad_input"), none = new(double.NaN, "grad_weight");
        Assert.That(Deviation.Larger(small, large), Is.EqualTo(large));
        Assert.That(Deviation.Larger(Deviation.Larger(large, none), small), Is.EqualTo(none));
        Assert.That(Deviation.Larger(none, large), Is.EqualTo(none));
    }
}
