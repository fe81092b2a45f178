using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Operators between the convolutions on tensors of bfloat16, which an NVIDIA GPU has with
/// <see cref="Precision.Bf16"/>. That their references' gradients are right is for <see cref="StandardCases"/> to show.
/// </summary>
public static class BFloat16Cases
{
    private const ElementType BFloat16 = ElementType.BFloat16;

    /// <summary>Shapes that break wrong indexing.</summary>
    public static IEnumerable<OperatorCase> Small() =>
        BatchNorms().Concat(Elementwise()).Concat(MaxPoolings()).Concat(AdaptiveAveragePoolings());

    /// <summary>Shapes of a network's layers, with every slice and group that a GPU makes of them.</summary>
    public static IEnumerable<OperatorCase> Large()
    {
        BatchNormShape[] shapes = [new(3, 29, 23, 64), new(4, 56, 56, 64), new(8, 7, 7, 512)];
        // A ReLU would cut elsewhere in one of so many values near 0.
        foreach (BatchNormShape shape in shapes)
            yield return BatchNorm(shape, withResidual: true, relu: false, seed: 1);
        var pooling = new MaxPoolingShape(2, 112, 112, 64, Window: 3, Stride: 2, Padding: 1);
        yield return MaxPooling(pooling);
    }

    private static IEnumerable<OperatorCase> BatchNorms()
    {
        BatchNormShape[] shapes = [new(N: 2, H: 5, W: 3, C: 8), new(N: 3, H: 11, W: 13, C: 24)];
        bool[] choices = [false, true];
        return from shape in shapes
               from withResidual in choices
               from relu in choices
               select StandardCases.AwayFromKinks(seed => BatchNorm(shape, withResidual, relu, seed));
    }

    private static IEnumerable<OperatorCase> Elementwise()
    {
        var shape = new TensorShape(2, 7, 5, 8);
        double[] a = Uniform(shape.Count, 1), b = Uniform(shape.Count, 2), gradOutput = Uniform(shape.Count, 3);
        yield return new ReluCase(shape, a, gradOutput) { Elements = BFloat16 };
        yield return new AdditionCase(shape, a, b, gradOutput) { Elements = BFloat16 };
        yield return new DropoutCase(shape, a, gradOutput, new DropoutMask(Key: 5, Rate: 0.2f), step: 2)
        {
            Elements = BFloat16,
        };
    }

    private static IEnumerable<OperatorCase> MaxPoolings()
    {
        MaxPoolingShape[] shapes =
        [
            new(N: 2, H: 7, W: 5, C: 8, Window: 3, Stride: 2, Padding: 1),
            new(N: 2, H: 6, W: 8, C: 24, Window: 2, Stride: 2, Padding: 0),
            new(N: 1, H: 10, W: 7, C: 16, Window: 2, Stride: 3, Padding: 1),
        ];
        return shapes.Select(MaxPooling);
    }

    private static IEnumerable<OperatorCase> AdaptiveAveragePoolings()
    {
        AdaptiveAveragePoolingShape[] shapes =
        [
            new(N: 2, H: 7, W: 5, C: 8, P: 1, Q: 1), new(N: 1, H: 2, W: 3, C: 16, P: 7, Q: 7),
            new(N: 2, H: 10, W: 9, C: 24, P: 7, Q: 4),
        ];
        return shapes.Select(shape => new AdaptiveAveragePoolingCase(
            shape, Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Output.Count, 2))
        {
            Elements = BFloat16,
        });
    }

    private static BatchNormCase BatchNorm(BatchNormShape shape, bool withResidual, bool relu, int seed) => new(
        shape, Uniform(shape.Tensor.Count, seed, offset: 2),
        withResidual ? Uniform(shape.Tensor.Count, seed + 1) : [],
        CheckValues.Uniform(shape.C, seed + 2, offset: 1.5f), CheckValues.Uniform(shape.C, seed + 3),
        Uniform(shape.Tensor.Count, seed + 4), relu)
    {
        Elements = BFloat16,
    };

    // Few different values make many ties, which the first maximum must win.
    private static MaxPoolingCase MaxPooling(MaxPoolingShape shape) => new(
        shape, CheckValues.Integers(shape.Input.Count, 1), Uniform(shape.Output.Count, 2))
    {
        Elements = BFloat16,
    };

    private static double[] Uniform(long count, int seed, float offset = 0) =>
        CheckValues.Round(CheckValues.Uniform(count, seed, offset), BFloat16);
}
