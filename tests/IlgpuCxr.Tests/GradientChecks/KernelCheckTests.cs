using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Device;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.GradientChecks;

/// <summary>
/// Every kernel, naive and fast, against its reference's results and analytic gradients: the same tests on every kind
/// of device.
/// </summary>
[TestFixtureSource(nameof(Selectors))]
public sealed class KernelCheckTests(string selector)
{
    private GradientChecker checker;

    private static IEnumerable<string> Selectors() => Devices.Present;

    private static IEnumerable<TestCaseData> Cases() =>
        from name in StandardCases.Operators
        from index in Enumerable.Range(0, StandardCases.Of(name).Count())
        select new TestCaseData(name, index);

    [OneTimeSetUp]
    public void Open() => checker = new GradientChecker(selector, threads: 2);

    [OneTimeTearDown]
    public void Close() => checker?.Dispose();

    [Test]
    public void Losses_allow_for_a_GPUs_exponentials_and_logarithms(
        [Values("cross-entropy", "binary-cross-entropy", "focal")] string name)
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions());
        Assert.Multiple(() =>
        {
            foreach (OperatorCase check in StandardCases.Of(name))
            {
                KernelReport report = GradientChecker.CheckKernels(check, device, "naive");
                Assert.That(report.Error, Is.LessThanOrEqualTo(1), $"{check.Shape}: {report.Result}");
            }
        });
    }

    [Test]
    public void Winograd_is_told_of_the_shapes_that_it_computes()
    {
        foreach (OperatorCase check in StandardCases.Of("convolution"))
        {
            bool fits = check.Shape.Contains("3x3 stride 1", StringComparison.Ordinal);
            string[] told = [.. checker.CheckKernels(check).Select(report => report.Algorithm)];
            Assert.That(told.Contains("winograd4"), Is.EqualTo(selector == "cpu" && fits), check.Shape);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Kernels_are_within_rounding_of_the_reference(string name, int index)
    {
        OperatorCase check = StandardCases.Of(name).ElementAt(index);
        IReadOnlyList<KernelReport> reports = checker.CheckKernels(check);
        Assert.That(reports.Select(report => report.Algorithm), Does.Contain("naive"));
        // Losses and dropout have naive kernels only.
        if (selector == "cpu" && check is not (LossCase or DropoutCase))
            Assert.That(reports, Has.Count.GreaterThan(1), "fast kernels");
        Assert.Multiple(() =>
        {
            foreach (KernelReport report in reports)
                Assert.That(
                    report.Error, Is.LessThanOrEqualTo(1), $"{check.Shape}, {report.Algorithm}: {report.Result}");
        });
    }
}
