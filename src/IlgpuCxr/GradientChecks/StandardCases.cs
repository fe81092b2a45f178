using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// The cases that <c>cxr gradcheck</c> and the tests run: every operator with a gradient, on small shapes that break
/// wrong indexing.
/// </summary>
public static class StandardCases
{
    private static readonly Dictionary<string, Func<IEnumerable<OperatorCase>>> ByOperator = new(StringComparer.Ordinal)
    {
        ["convolution"] = Convolutions,
        ["linear"] = Linears,
        ["batch-norm"] = BatchNorms,
        ["relu"] = Relus,
        ["dropout"] = Dropouts,
        ["addition"] = Additions,
        ["max-pooling"] = MaxPoolings,
        ["adaptive-average-pooling"] = AdaptiveAveragePoolings,
        ["cross-entropy"] = CrossEntropies,
        ["binary-cross-entropy"] = BinaryCrossEntropies,
        ["focal"] = Focals,
        ["resnet"] = () => [SmallNetworks.ResNet()],
        ["vgg"] = () => [SmallNetworks.Vgg()],
    };

    /// <summary>What <see cref="Of"/> takes.</summary>
    public static IReadOnlyList<string> Operators => [.. ByOperator.Keys];

    /// <summary>The cases of an operator.</summary>
    /// <param name="name">One of <see cref="Operators"/>.</param>
    /// <exception cref="KeyNotFoundException">There is no such operator.</exception>
    public static IEnumerable<OperatorCase> Of(string name) => ByOperator[name]();

    private static IEnumerable<OperatorCase> Convolutions()
    {
        ConvolutionShape[] shapes =
        [
            // Nothing square, then what ResNet and VGG have: 3x3, 1x1 with a stride, the first layer's 7x7.
            new(N: 2, H: 7, W: 5, C: 3, K: 4, R: 3, S: 2, Stride: 1, Padding: 0),
            new(N: 2, H: 7, W: 6, C: 5, K: 7, R: 3, S: 3, Stride: 1, Padding: 1),
            new(N: 1, H: 8, W: 9, C: 17, K: 5, R: 3, S: 3, Stride: 2, Padding: 1),
            new(N: 2, H: 7, W: 5, C: 8, K: 16, R: 1, S: 1, Stride: 2, Padding: 0),
            new(N: 1, H: 13, W: 11, C: 3, K: 4, R: 7, S: 7, Stride: 2, Padding: 3),
            new(N: 1, H: 11, W: 8, C: 2, K: 3, R: 5, S: 5, Stride: 3, Padding: 2),
            new(N: 1, H: 1, W: 1, C: 6, K: 3, R: 3, S: 3, Stride: 1, Padding: 1),
            new(N: 2, H: 9, W: 8, C: 16, K: 32, R: 3, S: 3, Stride: 1, Padding: 1),
        ];
        return shapes.Select(shape => new ConvolutionCase(
            shape, CheckValues.Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Weights.Count, 2),
            CheckValues.Uniform(shape.K, 3), CheckValues.Uniform(shape.Output.Count, 4)));
    }

    private static IEnumerable<OperatorCase> Linears()
    {
        LinearShape[] shapes = [new(N: 3, In: 7, Out: 5), new(N: 1, In: 67, Out: 2), new(N: 5, In: 130, Out: 33)];
        return shapes.Select(shape => new LinearCase(
            shape, CheckValues.Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Weights.Count, 2),
            CheckValues.Uniform(shape.Out, 3), CheckValues.Uniform(shape.Output.Count, 4)));
    }

    private static IEnumerable<OperatorCase> BatchNorms()
    {
        var small = new BatchNormShape(N: 2, H: 5, W: 3, C: 4);
        // Its channels fill no vector, its pixels several chunks.
        var odd = new BatchNormShape(N: 3, H: 11, W: 13, C: 17);
        BatchNormShape[] shapes = [small, odd];
        bool[] choices = [false, true];
        return from shape in shapes
               from withResidual in choices
               from relu in choices
               select AwayFromKinks(seed => new BatchNormCase(
                   shape,
                   CheckValues.Uniform(shape.Tensor.Count, seed, offset: 2),
                   withResidual ? CheckValues.Uniform(shape.Tensor.Count, seed + 1) : [],
                   CheckValues.Uniform(shape.C, seed + 2, offset: 1.5f),
                   CheckValues.Uniform(shape.C, seed + 3),
                   CheckValues.Uniform(shape.Tensor.Count, seed + 4),
                   relu));
    }

    private static IEnumerable<OperatorCase> Relus()
    {
        TensorShape[] shapes = [new(2, 7, 5, 3), new(1, 1, 1, 1)];
        return shapes.Select(
            shape => new ReluCase(shape, CheckValues.Lattice(shape.Count, 1), CheckValues.Uniform(shape.Count, 2)));
    }

    private static IEnumerable<OperatorCase> Dropouts()
    {
        var shape = new TensorShape(2, 3, 5, 7);
        return from rate in (float[])[0.2f, 0.5f]
               select new DropoutCase(
                   shape, CheckValues.Uniform(shape.Count, 1), CheckValues.Uniform(shape.Count, 2),
                   new DropoutMask(Key: 5, Rate: rate), step: 2);
    }

    private static IEnumerable<OperatorCase> Additions()
    {
        TensorShape[] shapes = [new(2, 7, 5, 3), new(1, 1, 1, 1)];
        return shapes.Select(shape => new AdditionCase(
            shape, CheckValues.Uniform(shape.Count, 1), CheckValues.Uniform(shape.Count, 2),
            CheckValues.Uniform(shape.Count, 3)));
    }

    private static IEnumerable<OperatorCase> MaxPoolings()
    {
        MaxPoolingShape[] shapes =
        [
            new(N: 2, H: 7, W: 5, C: 3, Window: 3, Stride: 2, Padding: 1),
            new(N: 2, H: 6, W: 8, C: 5, Window: 2, Stride: 2, Padding: 0),
            new(N: 1, H: 5, W: 7, C: 17, Window: 3, Stride: 1, Padding: 1),
            new(N: 1, H: 10, W: 7, C: 4, Window: 2, Stride: 3, Padding: 1),
        ];
        return shapes.Select(shape => new MaxPoolingCase(
            shape, CheckValues.Lattice(shape.Input.Count, 1), CheckValues.Uniform(shape.Output.Count, 2)));
    }

    private static IEnumerable<OperatorCase> AdaptiveAveragePoolings()
    {
        AdaptiveAveragePoolingShape[] shapes =
        [
            new(N: 2, H: 7, W: 5, C: 3, P: 1, Q: 1), new(N: 1, H: 2, W: 3, C: 5, P: 7, Q: 7),
            new(N: 2, H: 10, W: 9, C: 17, P: 7, Q: 4),
        ];
        return shapes.Select(shape => new AdaptiveAveragePoolingCase(
            shape, CheckValues.Uniform(shape.Input.Count, 1), CheckValues.Uniform(shape.Output.Count, 2)));
    }

    private static IEnumerable<OperatorCase> CrossEntropies()
    {
        LossShape[] shapes = [new(N: 5, C: 4), new(N: 1, C: 2), new(N: 33, C: 3)];
        return shapes.Select(shape => new SoftmaxCrossEntropyCase(
            shape, Logits(shape), [.. Enumerable.Range(0, shape.N).Select(n => n * 5 % shape.C)]));
    }

    private static IEnumerable<OperatorCase> BinaryCrossEntropies()
    {
        LossShape[] shapes = [new(N: 5, C: 3), new(N: 33, C: 1)];
        return shapes.Select(
            shape => new BinaryCrossEntropyCase(shape, Logits(shape), CheckValues.Labels(shape.N * shape.C, 2)));
    }

    private static IEnumerable<OperatorCase> Focals()
    {
        var shape = new LossShape(N: 7, C: 3);
        FocalOptions[] options =
        [
            FocalOptions.Study, new(Alpha: 0.5f, Gamma: 0, Mean: true), new(Alpha: 0.25f, Gamma: 1.5f, Mean: true),
            new(Alpha: 0.75f, Gamma: 5, Mean: false),
        ];
        return options.Select(
            option => new FocalCase(shape, Logits(shape), CheckValues.Labels(shape.N * shape.C, 2), option));
    }

    private static double[] Logits(LossShape shape) =>
        Array.ConvertAll(CheckValues.Uniform((long)shape.N * shape.C, 1), x => 4 * x);

    /// <summary>
    /// The first random case none of whose values is so near a kink that a central difference or rounding moves it
    /// over.
    /// </summary>
    internal static OperatorCase AwayFromKinks(Func<int, OperatorCase> create)
    {
        const double LeastDistance = 1e-4;
        for (int seed = 1; ; seed += 10)
        {
            OperatorCase check = create(seed);
            if (check.KinkDistance > LeastDistance)
                return check;
        }
    }
}
