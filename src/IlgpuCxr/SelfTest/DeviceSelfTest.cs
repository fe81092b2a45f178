using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.SelfTest;

/// <summary>Compares a device with the double-precision definitions of the operators, and with itself.</summary>
/// <remarks>
/// It needs no file and no other device, so that one published program can say whether a machine computes rightly.
/// </remarks>
public static class DeviceSelfTest
{
    private static readonly MaxPoolingShape[] MaxPoolings =
        [
            new(2, 7, 5, 3, 3, 2, 1), new(1, 13, 11, 17, 3, 1, 1), new(3, 8, 6, 32, 2, 2, 0),
            new(2, 112, 112, 64, 3, 2, 1)];

    private static readonly string[] OtherOperators =
        ["batch-norm", "relu", "dropout", "addition", "max-pooling", "adaptive-average-pooling"];

    private static readonly string[] Losses = ["cross-entropy", "binary-cross-entropy", "focal"];

    // The bounds are of exponentials and logarithms rounded once; those of a GPU are off by a few units of the last
    // place.
    private const double MostOfLosses = 16;

    /// <summary>
    /// Runs all checks, one after the other as they are asked for; one that fails with an exception does not keep the
    /// others from running.
    /// </summary>
    /// <param name="device">The device; its precision decides the bounds.</param>
    public static IEnumerable<SelfCheck> Run(ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Convolutions(device).Concat(OtherOperatorsAndSteps(device));
    }

    /// <summary>
    /// The checks of <see cref="Run"/> but those of convolutions, whose definitions take most of its time.
    /// </summary>
    internal static IEnumerable<SelfCheck> OtherOperatorsAndSteps(ComputeDevice device)
    {
        yield return Over(
            "batch norm, three passes", BatchNormChecks.Shapes, 1e-4,
            shape => BatchNormChecks.ThreePasses(device, shape));
        yield return Over(
            "batch norm with a convolution's statistics", BatchNormChecks.NormalizedConvolutions, 1e-4,
            shape => BatchNormChecks.NormalizedConvolution(device, shape));
        yield return Over("max pooling", MaxPoolings, 0, shape => MaxPooling(device, shape));
        yield return Over("relu, sgd", [1, 7, 4096, 100_003], 0, count => ElementChecks.Elements(device, count));
        yield return Over(
            "adam, gradient centralization", [1, 7, 4096, 100_003], 1e-5,
            count => ElementChecks.Optimizers(device, count));
        yield return Over(
            "other operators, errors over their bound", [.. OtherOperators.SelectMany(StandardCases.Of)], 1,
            definition => Case(device, definition));
        yield return Over(
            "losses, errors over their bound", [.. Losses.SelectMany(StandardCases.Of)],
            device.Kind == DeviceKind.Cpu ? 1 : MostOfLosses, definition => Case(device, definition));
        yield return Over("image transform", [16, 33, 64], 0, size => ImageChecks.Images(device, size));
        yield return Over(
            "two runs of three training steps, bit for bit", [0], 0, _ => StepChecks.RepeatedSteps(device));
    }

    private static IEnumerable<SelfCheck> Convolutions(ComputeDevice device)
    {
        yield return Over(
            "convolution of integers",
            ConvolutionChecks.Expected(
                device, [.. ConvolutionChecks.Shapes.Where(shape => ConvolutionChecks.IsExact(device, shape))],
                exact: true),
            0, convolution => convolution.Compare(device));
        yield return Over(
            "convolution, errors over their bound",
            ConvolutionChecks.Expected(device, ConvolutionChecks.Shapes, exact: false), 1,
            convolution => convolution.Compare(device));
    }

    private static SelfCheck Over<TShape>(
        string name, IReadOnlyCollection<TShape> shapes, double bound, Func<TShape, Deviation> check)
    {
        Deviation worst = 0;
        int failed = 0;
        foreach (TShape shape in shapes)
        {
            string text = shape switch
            {
                OperatorCase definition => $"{definition.Name} {definition.Shape}",
                Expectation expectation => expectation.Definition.Shape,
                _ => $"{shape}",
            };
            try
            {
                Deviation found = check(shape);
                failed += found.Size <= bound ? 0 : 1;
                worst = Deviation.Larger(
                    worst, found with { Result = found.Result.Length > 0 ? $"{text}: {found.Result}" : text });
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Whatever a compiler or a driver throws is what the check was for.
                return new SelfCheck(name, shapes.Count, double.NaN, bound)
                {
                    Failed = failed + 1,
                    At = text,
                    Exception = exception.ToString(),
                };
            }
        }
        return new SelfCheck(name, shapes.Count, worst.Size, bound) { Failed = failed, At = worst.Result };
    }

    // Few different values make many ties, which the first maximum must win.
    private static Deviation MaxPooling(ComputeDevice device, MaxPoolingShape shape) => Worst(
        new MaxPoolingCase(
            shape, CheckValues.Integers(shape.Input.Count, shape.C),
            CheckValues.Integers(shape.Output.Count, shape.C + 1)),
        device, (_, _) => 1);

    private static Deviation Case(ComputeDevice device, OperatorCase definition)
    {
        Results bounds = definition.Bounds();
        return Worst(definition, device, (name, i) => bounds[name][i]);
    }

    private static Deviation Worst(OperatorCase definition, ComputeDevice device, Func<string, int, double> scale) =>
        new Expectation(definition, definition.Reference(), scale).Compare(device);
}
