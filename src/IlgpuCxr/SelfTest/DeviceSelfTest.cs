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
            new(1, 9, 8, 8, 15, 1, 7), new(2, 112, 112, 64, 3, 2, 1)];

    private static readonly string[] OtherOperators =
        ["batch-norm", "relu", "dropout", "addition", "max-pooling", "adaptive-average-pooling"];

    private static readonly string[] Losses = ["cross-entropy", "binary-cross-entropy", "focal"];

    // The bounds are of exponentials and logarithms rounded once; those of a GPU are off by a few units of the last
    // place.
    private const double MostOfLosses = 16;

    /// <summary>
    /// Runs all checks, one after the other as they are asked for; a shape that fails with an exception does not keep the
    /// others from running, unless the device answers no more.
    /// </summary>
    /// <remarks>
    /// The largest kernels come last: after a fault of one, such as an access out of bounds, a GPU runs nothing more in
    /// this process.
    /// </remarks>
    /// <param name="device">The device; what it chooses decides the bounds.</param>
    public static IEnumerable<SelfCheck> Run(ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (SelfCheck check in ButConvolutions(device).Concat(Convolutions(device)).Concat(Steps(device)))
        {
            yield return check;
            if (check.LostDevice)
                yield break;
        }
    }

    /// <summary>
    /// The checks of <see cref="Run"/> but those of convolutions, whose definitions take most of its time.
    /// </summary>
    internal static IEnumerable<SelfCheck> OtherOperatorsAndSteps(ComputeDevice device) =>
        ButConvolutions(device).Concat(Steps(device));

    private static IEnumerable<SelfCheck> ButConvolutions(ComputeDevice device)
    {
        yield return Over(
            device, "uploads in turn, with no wait", [5, 16_384, 16_385, 5_000_001], 0,
            count => TransferChecks.UploadsInTurn(device, count));
        yield return Over(
            device, "batch norm, three passes", BatchNormChecks.Shapes, 1e-4,
            shape => BatchNormChecks.ThreePasses(device, shape));
        yield return Over(
            device, "batch norm with a convolution's statistics", BatchNormChecks.NormalizedConvolutions, 1e-4,
            shape => BatchNormChecks.NormalizedConvolution(device, shape));
        yield return Over(device, "max pooling", MaxPoolings, 0, shape => MaxPooling(device, shape));
        yield return Over(device, "relu, sgd", [1, 7, 4096, 100_003], 0, count => ElementChecks.Elements(device, count));
        yield return Over(
            device, "adam, gradient centralization", [1, 7, 4096, 100_003], 1e-5,
            count => ElementChecks.Optimizers(device, count));
        yield return Over(
            device, "other operators, errors over their bound", [.. OtherOperators.SelectMany(StandardCases.Of)], 1,
            definition => Case(device, definition));
        if (ConvolutionChecks.LayersGiveBFloat16(device))
            yield return Over(
                device, "tensors of bfloat16, errors over their bound",
                [.. BFloat16Cases.Small(), .. BFloat16Cases.Large()], 1, definition => Case(device, definition));
        yield return Over(
            device, "losses, errors over their bound", [.. Losses.SelectMany(StandardCases.Of)],
            device.Kind == DeviceKind.Cpu ? 1 : MostOfLosses, definition => Case(device, definition));
        yield return Over(device, "image transform", [16, 33, 64], 0, size => ImageChecks.Images(device, size));
    }

    private static IEnumerable<SelfCheck> Steps(ComputeDevice device)
    {
        yield return Over(
            device, "two runs of three training steps, bit for bit", [0], 0, _ => StepChecks.RepeatedSteps(device));
    }

    private static IEnumerable<SelfCheck> Convolutions(ComputeDevice device)
    {
        yield return Over(
            device, "convolution of integers",
            ConvolutionChecks.Expected(
                device, [.. ConvolutionChecks.Shapes.Where(shape => ConvolutionChecks.IsExact(device, shape))],
                exact: true),
            0, convolution => convolution.Compare(device));
        yield return Over(
            device, "convolution, errors over their bound",
            ConvolutionChecks.Expected(device, ConvolutionChecks.Shapes, exact: false), 1,
            convolution => convolution.Compare(device));
    }

    private static SelfCheck Over<TShape>(
        ComputeDevice device, string name, IReadOnlyCollection<TShape> shapes, double bound,
        Func<TShape, Deviation> check)
    {
        Deviation worst = 0;
        int failed = 0;
        string? thrown = null;
        bool isLost = false;
        foreach (TShape shape in shapes)
        {
            string text = shape switch
            {
                OperatorCase definition => $"{definition.Name} {definition.Shape}",
                Expectation { Definition: { Elements: ElementType.BFloat16 } definition } =>
                    $"{definition.Shape}, of bfloat16",
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
                failed++;
                worst = Deviation.Larger(worst, new Deviation(double.NaN, text));
                thrown ??= exception.ToString();
                isLost = !Answers(device);
                if (isLost)
                    break;
            }
        }
        return new SelfCheck(name, shapes.Count, worst.Size, bound)
        {
            Failed = failed,
            At = worst.Result,
            Exception = thrown,
            LostDevice = isLost,
        };
    }

    // A driver that has refused a kernel goes on; one whose device has faulted gives that error for every call.
    private static bool Answers(ComputeDevice device)
    {
        try
        {
            device.Synchronize();
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
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
