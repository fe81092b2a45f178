using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Pooling;
using IlgpuCxr.Layers;

namespace IlgpuCxr.GradientChecks;

/// <summary>The two networks in small, with every kind of layer that the large ones have.</summary>
public static class SmallNetworks
{
    // A hundred steps of a central difference, and thousands of roundings.
    private const double LeastKinkDistance = 5e-4;

    /// <summary>
    /// A ResNet of two blocks: the stem with batch norm and max pooling, a block with an identity shortcut, one with a
    /// convolution in it, the head.
    /// </summary>
    public static NetworkCase ResNet()
    {
        const int Batch = 2, Channels = 4, Outputs = 3;
        var image = new TensorShape(Batch, 18, 14, 3);
        return AwayFromKinks(seed =>
        {
            var values = new Values(seed);
            TensorShape shape = image;
            ReferenceLayer network = new ReferenceSequence(
                Convolution(values, "conv1", ref shape, Channels, filterSize: 7, stride: 2, padding: 3, hasBias: false),
                BatchNorm(values, "bn1", shape, relu: true),
                MaxPooling(ref shape, window: 3, stride: 2, padding: 1),
                Block(values, "layer1.0", ref shape, Channels, stride: 1),
                Block(values, "layer2.0", ref shape, 2 * Channels, stride: 2),
                AdaptiveAveragePooling(ref shape, 1),
                Linear(values, "fc", ref shape, Outputs));
            return new NetworkCase(
                "two-block resnet", $"n{Batch} {image.H}x{image.W}x{image.C} -> {Outputs}", image,
                values.Next(image.Count), values.Next(shape.Count), network, Build);
        });

        static Layer Build() => new Sequential(
            new ConvolutionLayer("conv1", 3, Channels, filterSize: 7, stride: 2, padding: 3),
            new BatchNormLayer("bn1", Channels, relu: true),
            new MaxPoolingLayer("maxpool", window: 3, stride: 2, padding: 1),
            new BasicBlock("layer1.0", Channels, Channels, stride: 1),
            new BasicBlock("layer2.0", Channels, 2 * Channels, stride: 2),
            new AdaptiveAveragePoolingLayer("avgpool", 1),
            new LinearLayer("fc", TensorShape.Vector(2 * Channels), Outputs));
    }

    /// <summary>
    /// A VGG of four layers with weights: three convolutions with ReLU, two of them next to each other, max pooling,
    /// adaptive pooling, the classifier.
    /// </summary>
    public static NetworkCase Vgg()
    {
        const int Batch = 2, FirstChannels = 5, SecondChannels = 4, ThirdChannels = 6, Pooled = 3, Outputs = 4;
        var image = new TensorShape(Batch, 11, 9, 3);
        return AwayFromKinks(seed =>
        {
            var values = new Values(seed);
            TensorShape shape = image;
            ReferenceLayer network = new ReferenceSequence(
                Convolution(
                    values, "features.0", ref shape, FirstChannels, filterSize: 3, stride: 1, padding: 1,
                    hasBias: true),
                Relu(shape),
                Convolution(
                    values, "features.2", ref shape, SecondChannels, filterSize: 3, stride: 1, padding: 1,
                    hasBias: true),
                Relu(shape),
                MaxPooling(ref shape, window: 2, stride: 2, padding: 0),
                Convolution(
                    values, "features.5", ref shape, ThirdChannels, filterSize: 3, stride: 1, padding: 1,
                    hasBias: true),
                Relu(shape),
                MaxPooling(ref shape, window: 2, stride: 2, padding: 0),
                AdaptiveAveragePooling(ref shape, Pooled),
                Linear(values, "classifier", ref shape, Outputs));
            return new NetworkCase(
                "four-layer vgg", $"n{Batch} {image.H}x{image.W}x{image.C} -> {Outputs}", image,
                values.Next(image.Count), values.Next(shape.Count), network, Build);
        });

        static Layer Build() => new Sequential(
            new ConvolutionLayer(
                "features.0", 3, FirstChannels, filterSize: 3, stride: 1, padding: 1, hasBias: true, relu: true),
            new ConvolutionLayer(
                "features.2", FirstChannels, SecondChannels, filterSize: 3, stride: 1, padding: 1, hasBias: true,
                relu: true),
            new MaxPoolingLayer("features.4", window: 2, stride: 2, padding: 0),
            new ConvolutionLayer(
                "features.5", SecondChannels, ThirdChannels, filterSize: 3, stride: 1, padding: 1, hasBias: true,
                relu: true),
            new MaxPoolingLayer("features.7", window: 2, stride: 2, padding: 0),
            new AdaptiveAveragePoolingLayer("avgpool", Pooled),
            new LinearLayer("classifier", new TensorShape(1, Pooled, Pooled, ThirdChannels), Outputs));
    }

    /// <summary>Random values, other ones at each call.</summary>
    private sealed class Values(int seed)
    {
        private int calls;

        public double[] Next(long count, float scale = 1, float offset = 0) =>
            Array.ConvertAll(
                CheckValues.Uniform(count, 1000 * seed + calls++), value => (double)(float)(scale * value + offset));
    }

    private static NetworkCase AwayFromKinks(Func<int, NetworkCase> create)
    {
        for (int seed = 1; ; seed++)
        {
            NetworkCase network = create(seed);
            if (network.KinkDistance > LeastKinkDistance)
                return network;
        }
    }

    private static ReferenceOperator Convolution(
        Values values, string name, ref TensorShape at, int channels, int filterSize, int stride, int padding,
        bool hasBias)
    {
        var shape = new ConvolutionShape(at.N, at.H, at.W, at.C, channels, filterSize, filterSize, stride, padding);
        at = shape.Output;
        // He et al. 2015: activations keep their size.
        double[] weight = values.Next(shape.Weights.Count, MathF.Sqrt(6f / (shape.R * shape.S * shape.C)));
        double[] bias = hasBias ? values.Next(channels, 0.1f) : [];
        Operand[] parameters = hasBias ? [new("weight", weight), new("bias", bias)] : [new("weight", weight)];
        return new ReferenceOperator(
            name, parameters, input => new ConvolutionCase(shape, input, weight, bias, new double[shape.Output.Count]));
    }

    private static ReferenceOperator BatchNorm(Values values, string name, TensorShape at, bool relu)
    {
        Operand[] parameters = BatchNormParameters(values, at.C);
        return new ReferenceOperator(name, parameters, input => BatchNorm(at, input, [], parameters, relu));
    }

    private static BatchNormCase BatchNorm(
        TensorShape at, double[] input, double[] residual, Operand[] parameters, bool relu) =>
        new(
            new BatchNormShape(at.N, at.H, at.W, at.C), input, residual, parameters[0].Values, parameters[1].Values,
            new double[at.Count], relu);

    private static Operand[] BatchNormParameters(Values values, int channels) =>
        [new("weight", values.Next(channels, 0.25f, 1)), new("bias", values.Next(channels, 0.25f))];

    private static ReferenceBlock Block(Values values, string name, ref TensorShape at, int channels, int stride)
    {
        TensorShape input = at, output = at;
        var body = new ReferenceSequence(
            Convolution(
                values, $"{name}.conv1", ref output, channels, filterSize: 3, stride, padding: 1, hasBias: false),
            BatchNorm(values, $"{name}.bn1", output, relu: true),
            Convolution(
                values, $"{name}.conv2", ref output, channels, filterSize: 3, stride: 1, padding: 1, hasBias: false));
        ReferenceSequence? shortcut = stride == 1 && channels == at.C ? null : new ReferenceSequence(
            Convolution(
                values, $"{name}.downsample.0", ref input, channels, filterSize: 1, stride, padding: 0, hasBias: false),
            BatchNorm(values, $"{name}.downsample.1", output, relu: false));
        Operand[] last = BatchNormParameters(values, channels);
        at = output;
        return new ReferenceBlock(
            body, shortcut, $"{name}.bn2", last,
            (hidden, residual) => BatchNorm(output, hidden, residual, last, relu: true));
    }

    private static ReferenceOperator Relu(TensorShape at) =>
        new("", [], input => new ReluCase(at, input, new double[at.Count]));

    private static ReferenceOperator MaxPooling(ref TensorShape at, int window, int stride, int padding)
    {
        var shape = new MaxPoolingShape(at.N, at.H, at.W, at.C, window, stride, padding);
        at = shape.Output;
        return new ReferenceOperator("", [], input => new MaxPoolingCase(shape, input, new double[shape.Output.Count]));
    }

    private static ReferenceOperator AdaptiveAveragePooling(ref TensorShape at, int size)
    {
        var shape = new AdaptiveAveragePoolingShape(at.N, at.H, at.W, at.C, size, size);
        at = shape.Output;
        return new ReferenceOperator(
            "", [], input => new AdaptiveAveragePoolingCase(shape, input, new double[shape.Output.Count]));
    }

    private static ReferenceOperator Linear(Values values, string name, ref TensorShape at, int outputs)
    {
        var shape = new LinearShape(at.N, at.H * at.W * at.C, outputs);
        at = TensorShape.Matrix(at.N, outputs);
        double[] weight = values.Next(shape.Weights.Count, 1 / MathF.Sqrt(shape.In)), bias = values.Next(outputs, 0.1f);
        return new ReferenceOperator(
            name, [new("weight", weight), new("bias", bias)],
            input => new LinearCase(shape, input, weight, bias, new double[shape.Output.Count]));
    }
}
