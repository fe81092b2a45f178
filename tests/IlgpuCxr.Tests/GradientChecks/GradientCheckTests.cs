using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.GradientChecks;

/// <summary>
/// What <c>cxr gradcheck</c> runs, here with four times as many elements moved: all of them in most cases.
/// </summary>
public sealed class GradientCheckTests
{
    // Of each operand, drawn at random where it has more.
    private const int MostElements = 512;

    private static IEnumerable<TestCaseData> Cases() =>
        from name in StandardCases.Operators
        from index in Enumerable.Range(0, StandardCases.Of(name).Count())
        select new TestCaseData(name, index);

    [TestCaseSource(nameof(Cases))]
    public void References_have_the_gradients_of_central_differences(string name, int index)
    {
        OperatorCase check = StandardCases.Of(name).ElementAt(index);
        NumericReport report = GradientChecker.CheckGradients(check, MostElements);
        TestContext.Out.WriteLine($"{check.Name} {check.Shape}: {report.Error} of {report.Gradient}");
        Assert.That(report.Error, Is.LessThan(NumericReport.Tolerance), $"{check.Shape}: {report.Gradient}");
    }

    [Test]
    public void Convolutions_of_every_window_have_the_gradients_of_central_differences(
        [Values(1, 2, 3, 5, 7)] int window, [Values(1, 2, 3)] int stride, [Values(0, 1, 2, 3)] int padding)
    {
        var shape = new ConvolutionShape(N: 1, H: 8, W: 7, C: 1, K: 2, R: window, S: window, stride, padding);
        NumericReport report = GradientChecker.CheckGradients(new ConvolutionCase(
            shape, CheckValues.Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Weights.Count, 2),
            CheckValues.Uniform(shape.K, 3), CheckValues.Uniform(shape.Output.Count, 4)));
        Assert.That(report.Error, Is.LessThan(NumericReport.Tolerance), report.Gradient);
    }

    [Test]
    public void Every_operator_with_a_reference_of_its_gradient_is_checked()
    {
        // An optimizer has no gradient, and nobody asks for that of an image's pixels.
        string[] without = ["Adam", "Sgd", "GradientCentralization", "ImageTransform", "ImageResize"];
        IEnumerable<string> operators = typeof(ComputeDevice).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Reference", StringComparison.Ordinal))
            .Select(type => type.Name[..^"Reference".Length])
            .Except(without);
        IEnumerable<string> checkedOperators = StandardCases.Operators.SelectMany(StandardCases.Of)
            .Select(check => check.GetType().Name[..^"Case".Length]);
        Assert.That(operators, Is.SubsetOf(checkedOperators.ToHashSet()));
    }
}
