using System.Collections.Concurrent;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.SelfTest;

/// <summary>Convolutions of every kind of shape, and what they should give.</summary>
internal static class ConvolutionChecks
{
    /// <summary>The shapes.</summary>
    public static readonly ConvolutionShape[] Shapes = [.. AllShapes()];

    /// <summary>
    /// Convolutions with what the definition makes of them: in parallel, because that takes ten times as long as the
    /// kernels.
    /// </summary>
    public static Expectation[] Expected(ComputeDevice device, ConvolutionShape[] shapes, bool exact)
    {
        ConvolutionAlgorithm[] algorithms =
            [.. shapes.Select(shape => Kernels.Convolution.Convolution.Choose(device, shape))];
        var expected = new Expectation[shapes.Length][];
        // One at a time, the last first: those are the layers of a network, and most of the work.
        var order = Partitioner.Create(
            Enumerable.Range(0, shapes.Length).Reverse(), EnumerablePartitionerOptions.NoBuffering);
        Parallel.ForEach(
            order, i => expected[i] = [.. Expected(shapes[i], algorithms[i], exact)]);
        return [.. expected.SelectMany(ofAShape => ofAShape)];
    }

    /// <summary>Whether layers hand on tensors of bfloat16.</summary>
    public static bool LayersGiveBFloat16(ComputeDevice device) =>
        Shapes.Any(shape => Kernels.Convolution.Convolution.OutputType(device, shape) == ElementType.BFloat16);

    /// <summary>Whether integers stay exact.</summary>
    public static bool IsExact(ComputeDevice device, ConvolutionShape shape) =>
        !ConvolutionCase.Winograd4.Contains(Kernels.Convolution.Convolution.Choose(device, shape));

    private static IEnumerable<ConvolutionShape> AllShapes()
    {
        foreach ((int c, int k) in new[] { (3, 5), (4, 8) })
            foreach ((int r, int s) in new[] { (1, 1), (3, 3), (7, 7), (3, 2) })
                for (int stride = 1; stride <= 3; stride++)
                    yield return new ConvolutionShape(2, 9, 7, c, k, r, s, stride, r / 2);
        foreach (int width in new[] { 63, 64, 65, 127, 128, 129 })
            yield return new ConvolutionShape(1, 1, width, 8, 12, 1, 1, 1, 0);
        yield return new ConvolutionShape(2, 5, 25, 32, 252, 1, 1, 1, 0);
        yield return new ConvolutionShape(2, 5, 25, 31, 251, 1, 1, 1, 0);
        yield return new ConvolutionShape(5, 1, 1, 600, 130, 1, 1, 1, 0);
        // In bf16, tiles of 128x64 whose results are bfloat16; those of the next shapes' four channels are singles.
        yield return new ConvolutionShape(1, 132, 256, 8, 64, 1, 1, 1, 0);
        // Products so large, and so shallow, that each pass takes each tile of a GPU (TiledPlanner).
        yield return new ConvolutionShape(1, 132, 256, 4, 128, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 132, 256, 128, 4, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 8, 8, 4, 33792, 1, 1, 1, 0);
        yield return new ConvolutionShape(1, 8, 8, 33792, 4, 1, 1, 1, 0);
        yield return new ConvolutionShape(4, 1, 1, 1024, 4096, 1, 1, 1, 0);
        // The layers of ResNet18, on smaller images.
        yield return new ConvolutionShape(2, 32, 32, 3, 64, 7, 7, 2, 3);
        yield return new ConvolutionShape(2, 14, 14, 64, 64, 3, 3, 1, 1);
        yield return new ConvolutionShape(2, 14, 14, 64, 128, 3, 3, 2, 1);
        yield return new ConvolutionShape(2, 14, 14, 64, 128, 1, 1, 2, 0);
        yield return new ConvolutionShape(4, 7, 7, 128, 256, 3, 3, 1, 1);
    }

    /// <summary>
    /// What is expected with tensors of singles, and in bf16 also of bfloat16, as far as channels allow them. Errors of
    /// integers count as they are, others relative to their bound.
    /// </summary>
    private static IEnumerable<Expectation> Expected(
        ConvolutionShape shape, ConvolutionAlgorithm algorithm, bool exact)
    {
        int seed = (int)shape.Weights.Count;
        Func<long, int, double[]> values = exact ? CheckValues.Integers : (count, s) => CheckValues.Uniform(count, s);
        double[] input = values(shape.Input.Count, seed), weights = values(shape.Weights.Count, seed + 1);
        double[] bias = values(shape.K, seed + 2), gradOutput = values(shape.Output.Count, seed + 3);
        bool hasOctets = ElementType.BFloat16.Allows(shape.Input) || ElementType.BFloat16.Allows(shape.Output);
        ElementType[] types = algorithm.IsOfBFloat16() && hasOctets
            ? [ElementType.Single, ElementType.BFloat16]
            : [ElementType.Single];
        Results? results = null;
        foreach (ElementType elements in types)
        {
            var definition = new ConvolutionCase(shape, input, weights, bias, gradOutput) { Elements = elements };
            results ??= definition.Reference();
            Results bounds = exact ? [] : definition.Bounds(algorithm.ToString());
            yield return exact
                ? new Expectation(definition, definition.Rounded(results), (_, _) => 1)
                : new Expectation(definition, results, (name, i) => bounds[name][i]);
        }
    }
}
