using System.Reflection;
using IlgpuCxr.Tests.Convolution;
using IlgpuCxr.Tests.GradientChecks;
using IlgpuCxr.Tests.Operators;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using NUnit.Framework.Internal.Builders;

namespace IlgpuCxr.Tests.Device;

/// <summary>
/// Tells of the tests that have no device to run on: one skipped test a kind of device, which counts them.
/// </summary>
public sealed class AbsentDeviceTests
{
    private static IEnumerable<string> Absent() => Devices.Absent;

    [TestCaseSource(nameof(Absent))]
    public void Every_kernel_is_tested_on(string selector)
    {
        (Type Fixture, object[][] Arguments)[] fixtures =
        [
            (typeof(ExactTests), [.. ImplementationExtensions.On(selector).Select(implementation => new object[] { implementation })]),
            (typeof(KernelCheckTests), [[selector]]),
            (typeof(ConvolutionGpuTests), [.. ConvolutionGpuTests.Algorithms(selector).Select(algorithms => new object[] { selector, algorithms })]),
        ];
        string[] counts =
        [
            .. fixtures.Select(fixture =>
                $"{fixture.Arguments.Sum(arguments => Count(fixture.Fixture, arguments))} of {fixture.Fixture.Name}"),
        ];
        Assert.Ignore(
            $"There is no {selector} device here, so these tests, among others, are left out: {string.Join(", ", counts)}; install a driver to run them.");
    }

    private static int Count(Type fixture, object[] arguments) =>
        new NUnitTestFixtureBuilder().BuildFrom(
            new TypeWrapper(fixture), new Everything(), new TestFixtureParameters(arguments)).TestCaseCount;

    private sealed class Everything : IPreFilter
    {
        public bool IsMatch(Type type) => true;

        public bool IsMatch(Type type, MethodInfo method) => true;
    }
}
