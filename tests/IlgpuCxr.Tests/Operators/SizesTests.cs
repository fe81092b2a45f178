using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Addition;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;
using IlgpuCxr.Tests.Ptx;
using NUnit.Framework.Constraints;
using ConvolutionOperator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// Operators refuse what has another size than the shape says, which their kernels would read or write past its end.
/// </summary>
public sealed class SizesTests
{
    private static readonly ConvolutionShape Shape = new(
        N: 1, H: 4, W: 4, C: 2, K: 3, R: 3, S: 3, Stride: 1, Padding: 1);

    private ComputeDevice device;
    private DeviceMemory memory;

    [SetUp]
    public void Open() => memory = new DeviceMemory(device = DeviceCatalog.Open("cpu"));

    [TearDown]
    public void Close()
    {
        memory.Dispose();
        device.Dispose();
    }

    [Test]
    // The second has as many elements as it should, but as PyTorch orders them.
    [TestCase(3, 4, 2)]
    [TestCase(2, 4, 4)]
    public void A_tensor_of_another_shape_is_refused_with_both(int h, int w, int c)
    {
        var given = new TensorShape(1, h, w, c);
        Tensor output = memory.Tensor(Shape.Output), input = memory.Tensor(given);
        Assert.That(
            () => ConvolutionOperator.Forward(device, output, input, memory.Vector(54), default, relu: false, Shape),
            Throws.ArgumentException.With.Message.StartsWith($"input is {given}; give it the shape 1x4x4x2."));
    }

    [Test]
    public void A_matrix_may_be_images_whose_elements_are_the_rows()
    {
        var shape = new LinearShape(N: 2, In: 32, Out: 4);
        Tensor output = memory.Tensor(shape.Output), images = memory.Tensor(new TensorShape(2, 4, 4, 2));
        ArrayView<float> weights = memory.Vector(new float[128]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Linear.Forward(device, output, images, weights, default, shape), Throws.Nothing);
            Assert.That(
                () => Linear.Forward(
                    device, output, memory.Tensor(new TensorShape(4, 4, 4, 1)), weights, default, shape),
                Throws.ArgumentException.With.Message.StartsWith("input is 4x4x4x1; give it the shape 2x1x1x32."));
        }
    }

    [Test]
    public void A_tensor_of_more_elements_than_kernels_count_is_refused() =>
        Assert.That(
            () => new Tensor(new TensorShape(1 << 16, 1 << 16, 1, 1), default),
            Throws.TypeOf<DeviceException>().With.Message.Contains("2³¹ - 1024"));

    [Test]
    public void More_weights_than_kernels_count_are_refused_too()
    {
        var linear = new LinearShape(N: 1, In: 65_536, Out: 40_000);
        ConvolutionShape shape = linear.Convolution;
        Tensor input = memory.Tensor(linear.Input), output = memory.Tensor(linear.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Linear.Forward(device, output, input, default, default, linear), TooMany);
            Assert.That(() => Linear.BackwardData(device, input, output, default, linear), TooMany);
            Assert.That(() => Linear.BackwardWeights(device, default, default, output, input, linear), TooMany);
            Assert.That(
                () => ConvolutionOperator.Forward(device, output, input, default, default, relu: false, shape),
                TooMany);
            Assert.That(
                () => ConvolutionOperator.BackwardData(
                    device, input, output, default, accumulate: false, activation: null, shape),
                TooMany);
            Assert.That(
                () => ConvolutionOperator.BackwardWeights(device, default, default, output, input, shape), TooMany);
        }
    }

    [Test]
    public void So_are_weights_and_a_bias_but_not_that_there_is_none()
    {
        Tensor output = memory.Tensor(Shape.Output), input = memory.Tensor(Shape.Input);
        Assert.That(
            () => Forward(53, 0),
            Throws.ArgumentException.With.Message.StartsWith("weights has 53 elements; give it 54."));
        Assert.That(
            () => Forward(54, 2), Throws.ArgumentException.With.Message.StartsWith("bias has 2 elements; give it 3."));
        Assert.That(() => Forward(54, 0), Throws.Nothing);

        void Forward(int weights, int biases) => memory.Run(() => ConvolutionOperator.Forward(
            device, output, input, memory.Vector(weights), biases == 0 ? default : memory.Vector(biases), relu: false,
            Shape));
    }

    [Test]
    public void Every_kind_of_operator_looks()
    {
        Tensor large = memory.Tensor(new TensorShape(1, 4, 4, 4)), small = memory.Tensor(new TensorShape(1, 2, 2, 4));
        ArrayView<float> four = memory.Vector(4), five = memory.Vector(5), one = memory.Vector(1);
        var pooling = new MaxPoolingShape(1, 4, 4, 4, Window: 2, Stride: 2, Padding: 0);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Relu.Forward(device, small, large), Throws.ArgumentException);
            Assert.That(
                () => MaxPooling.Forward(device, large, null, large, isActivation: false, pooling),
                Throws.ArgumentException);
            Assert.That(() => MaxPooling.Backward(device, large, small, large, pooling), Throws.ArgumentException);
            Assert.That(
                () =>
                    BatchNorm.ForwardEvaluation(
                        device, large, large, null, four, four, four, five, 1e-5f, relu: false,
                        new BatchNormShape(1, 4, 4, 4)),
                Throws.ArgumentException.With.Message.Contains("bias"));
            Assert.That(
                () => BinaryCrossEntropy.Forward(device, one, default, four, five, new LossShape(2, 2)),
                Throws.ArgumentException.With.Message.Contains("targets"));
        }
    }

    [Test]
    public void Tensors_of_two_element_types_are_refused()
    {
        var shape = new TensorShape(1, 4, 4, 8);
        Tensor singles = memory.Tensor(shape), halves = memory.Tensor(shape, ElementType.BFloat16);
        ArrayView<float> eight = memory.Vector(8);
        ArrayView<int> step = memory.Vector([1]);
        var pooling = new MaxPoolingShape(1, 4, 4, 8, Window: 1, Stride: 1, Padding: 0);
        var average = new AdaptiveAveragePoolingShape(1, 4, 4, 8, P: 4, Q: 4);
        var norm = new BatchNormShape(1, 4, 4, 8);
        var mask = new DropoutMask(Key: 1, Rate: 0.5f);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => Relu.Forward(device, singles, halves),
                Throws.ArgumentException.With.Message.StartsWith("output is of Single; give a tensor of BFloat16."));
            Assert.That(() => Relu.Backward(device, halves, singles, halves), Names("gradOutput"));
            Assert.That(() => Addition.Forward(device, halves, halves, singles), Names("b"));
            Assert.That(() => Dropout.Forward(device, halves, singles, mask, step), Names("output"));
            Assert.That(
                () => MaxPooling.Forward(device, singles, null, halves, isActivation: false, pooling), Names("output"));
            Assert.That(
                () => MaxPooling.Forward(
                    device, halves, memory.Tensor(pooling.Positions, ElementType.BFloat16), halves,
                    isActivation: false, pooling),
                Names("positions"));
            Assert.That(
                () => MaxPooling.Backward(device, singles, halves, memory.Tensor(pooling.Positions), pooling),
                Names("gradInput"));
            Assert.That(() => AdaptiveAveragePooling.Forward(device, halves, halves, average), Names("output"));
            Assert.That(() => AdaptiveAveragePooling.Backward(device, halves, halves, average), Names("gradOutput"));
            Assert.That(
                () => BatchNorm.ForwardEvaluation(
                    device, halves, halves, singles, eight, eight, eight, eight, 1e-5f, relu: false, norm),
                Names("residual"));
            Assert.That(
                () => BatchNorm.ForwardTraining(
                    device, halves, eight, eight, eight, eight, singles, null, eight, eight, 0.1f, 1e-5f, relu: false,
                    norm),
                Names("output"));
            Assert.That(
                () => BatchNorm.Backward(
                    device, halves, null, eight, eight, singles, null, halves, eight, eight, eight, eight, relu: false,
                    norm),
                Names("gradOutput"));
        }
    }

    [Test]
    public void Channels_of_bfloat16_that_are_no_multiple_of_8_are_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => memory.Tensor(new TensorShape(1, 4, 4, 12), ElementType.BFloat16), Uneven);
            Assert.That(() => device.Arena.Rent(new TensorShape(1, 4, 4, 12), ElementType.BFloat16), Uneven);
        }
    }

    [Test]
    public void Convolutions_refuse_what_they_cannot_multiply_and_begin_nothing()
    {
        using ComputeDevice bf16 = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Bf16 });
        using ComputeDevice tf32 = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Tf32 });
        using var onBf16 = new DeviceMemory(bf16);
        var shape = new ConvolutionShape(N: 1, H: 2, W: 4, C: 4, K: 8, R: 1, S: 1, Stride: 1, Padding: 0);
        Tensor singles = onBf16.Tensor(shape.Input), output = onBf16.Tensor(shape.Output, ElementType.BFloat16);
        ArrayView<float> weights = onBf16.Vector(32), vector = onBf16.Vector(9);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => ConvolutionOperator.BackwardWeights(bf16, weights, vector.SubView(1, 8), output, singles, shape),
                Throws.ArgumentException.With.Message.Contains("16 bytes"));
            Assert.That(onBf16.Read(weights), Is.All.NaN, "Nothing was launched.");
            Assert.That(
                () => ConvolutionOperator.Forward(tf32, output, singles, weights, default, relu: false, shape),
                Throws.ArgumentException.With.Message.StartsWith("output is of BFloat16; give a tensor of Single."));
        }
    }

    [Test]
    public void Windows_whose_rows_are_more_than_an_index_counts_are_refused()
    {
        var shape = new AdaptiveAveragePoolingShape(N: 1, H: 100_000, W: 1, C: 1, P: 30_000, Q: 1);
        Tensor input = memory.Tensor(shape.Input), output = memory.Tensor(shape.Output);
        Assert.That(
            () => AdaptiveAveragePooling.Forward(device, output, input, shape),
            Throws.ArgumentException.With.Message.Contains("100000x1x1 -> 30000x1x1"));
        Assert.That(
            () => AdaptiveAveragePooling.Backward(device, input, output, shape),
            Throws.ArgumentException.With.Message.Contains("100000x1x1 -> 30000x1x1"));
    }

    [TestCase(3, 2, 0, TestName = "A convolution with a filter larger than its input is refused")]
    [TestCase(1, 0, 0, TestName = "A convolution of stride 0 is refused")]
    [TestCase(1, 1, -1, TestName = "A convolution of padding -1 is refused")]
    public void A_convolution_without_outputs_is_refused(int filter, int stride, int padding)
    {
        var shape = new ConvolutionShape(1, 2, 2, 1, 1, filter, filter, stride, padding);
        Tensor one = memory.Tensor(TensorShape.Vector(1)), input = memory.Tensor(shape.Input);
        ArrayView<float> weights = memory.Vector(filter * filter);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => ConvolutionOperator.Forward(device, one, input, weights, default, relu: false, shape), Refused);
            Assert.That(
                () => ConvolutionOperator.BackwardData(
                    device, input, one, weights, accumulate: false, activation: null, shape),
                Refused);
            Assert.That(
                () => ConvolutionOperator.BackwardWeights(device, weights, default, one, input, shape), Refused);
        }
    }

    [TestCase(3, 2, 0, TestName = "Max pooling with windows larger than its input is refused")]
    [TestCase(1, 0, 0, TestName = "Max pooling of stride 0 is refused")]
    [TestCase(2, 1, 2, TestName = "Max pooling with windows of padding alone is refused")]
    public void Max_pooling_without_outputs_is_refused(int window, int stride, int padding)
    {
        var shape = new MaxPoolingShape(1, 2, 2, 1, window, stride, padding);
        Tensor output = memory.Tensor(TensorShape.Vector(padding == 2 ? 25 : 1)), input = memory.Tensor(shape.Input);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => MaxPooling.Forward(device, output, null, input, isActivation: false, shape), Refused);
            Assert.That(() => MaxPooling.Backward(device, input, output, output, shape), Refused);
        }
    }

    [Test]
    public void Max_pooling_with_windows_whose_positions_a_byte_cannot_tell_apart_is_refused()
    {
        const int window = MaxPoolingShape.MaxWindow + 1;
        var shape = new MaxPoolingShape(1, window, window, 4, window, Stride: 1, Padding: 0);
        Tensor output = memory.Tensor(shape.Output), input = memory.Tensor(shape.Input);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => MaxPooling.Forward(device, output, null, input, isActivation: false, shape), TooLarge);
            Assert.That(
                () => MaxPooling.Backward(device, input, output, memory.Tensor(shape.Positions), shape), TooLarge);
        }
    }

    [Test]
    public void A_batch_without_images_is_refused()
    {
        Tensor none = memory.Tensor(new TensorShape(0, 2, 2, 4));
        ArrayView<float> one = memory.Vector(1), four = memory.Vector(4), sixteen = memory.Vector(16);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Relu.Forward(device, none, none), Empty);
            Assert.That(
                () => ConvolutionOperator.Forward(
                    device, none, none, sixteen, default, relu: false, new ConvolutionShape(0, 2, 2, 4, 4, 1, 1, 1, 0)),
                Empty);
            Assert.That(
                () => MaxPooling.Forward(
                    device, none, null, none, isActivation: false, new MaxPoolingShape(0, 2, 2, 4, 1, 1, 0)),
                Empty);
            Assert.That(
                () => AdaptiveAveragePooling.Forward(
                    device, none, none, new AdaptiveAveragePoolingShape(0, 2, 2, 4, 2, 2)),
                Empty);
            Assert.That(
                () => BatchNorm.ForwardEvaluation(
                    device, none, none, null, four, four, four, four, 1e-5f, relu: false,
                    new BatchNormShape(0, 2, 2, 4)),
                Empty);
            Assert.That(
                () => Linear.Forward(device, none, none, sixteen, default, new LinearShape(0, 4, 4)), Empty);
            Assert.That(
                () => SoftmaxCrossEntropy.Forward(device, one, default, default, default, new LossShape(0, 4)), Empty);
            Assert.That(
                () => BinaryCrossEntropy.Forward(device, one, default, default, default, new LossShape(0, 4)), Empty);
            Assert.That(
                () => Focal.Forward(
                    device, one, default, default, default, new FocalOptions(0.25f, 2, Mean: true),
                    new LossShape(0, 4)),
                Empty);
            Assert.That(
                () => ImageTransform.Forward(device, none, default, default, new ImageTransformShape(0, 2)), Empty);
            Assert.That(
                () => ImageResize.Forward(device, default, default, default, new ImageResizeShape(0, 2, 4)), Empty);
        }
    }

    [Test]
    public void Optimizers_look_at_every_length()
    {
        ArrayView<float> hundred = memory.Vector(100), fifty = memory.Vector(50);
        var momentum = new SgdOptions(0.1f, 0.9f, 0, Nesterov: false);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Sgd.Step(device, hundred, default, hundred, momentum), Names("momentumBuffer"));
            Assert.That(() => Sgd.Step(device, hundred, hundred, fifty, momentum), Names("gradients"));
            Assert.That(
                () => Sgd.Step(device, hundred, fifty, hundred, momentum with { Momentum = 0 }),
                Names("momentumBuffer"));
            Assert.That(
                () => Sgd.Step(device, hundred, default, hundred, momentum with { Momentum = 0 }), Throws.Nothing);
            Assert.That(
                () => Adam.Step(device, hundred, fifty, hundred, hundred, 1, AdamOptions.AdamW), Names("mean"));
            Assert.That(
                () => Adam.Step(device, hundred, hundred, fifty, hundred, 1, AdamOptions.AdamW), Names("meanSquare"));
            Assert.That(
                () => Adam.Step(device, hundred, hundred, hundred, fifty, 1, AdamOptions.AdamW), Names("gradients"));
            Assert.That(() => GradientCentralization.Step(device, hundred, rows: 3), Names("gradients"));
            Assert.That(
                () => GradientCentralization.Step(device, default, rows: 1),
                Throws.ArgumentException.With.Message.Contains("has no elements"));
            Assert.That(
                () => GradientCentralization.Step(device, hundred, rows: 0),
                Throws.TypeOf<ArgumentOutOfRangeException>());
        }
    }

    [Test]
    public void So_do_the_operators_of_images()
    {
        ArrayView<byte> bytes = memory.Vector(new byte[12]);
        ArrayView<ImageTransformParameters> transform = memory.Vector([Augmentation.None(new ImageSize(2, 2, 3), 0)]);
        ArrayView<ImageResizeParameters> resize = memory.Vector(new ImageResizeParameters[1]);
        Tensor output = memory.Tensor(new TensorShape(2, 2, 2, 3)), small = memory.Tensor(new TensorShape(1, 2, 2, 3));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => ImageTransform.Forward(device, output, bytes, transform, new ImageTransformShape(2, 2)),
                Names("parameters"));
            Assert.That(
                () => ImageTransform.Forward(device, small, bytes, transform, new ImageTransformShape(1, 3)),
                Names("output"));
            Assert.That(
                () => ImageTransform.Forward(
                    device, memory.Tensor(new TensorShape(1, 1, 6, 8)), bytes, transform,
                    new ImageTransformShape(1, 4)),
                Names("output"));
            Assert.That(
                () => ImageResize.Forward(device, bytes, bytes, resize, new ImageResizeShape(2, 2, 4)),
                Names("parameters"));
        }
    }

    private static Constraint TooLarge => Throws.ArgumentException.With.Message.Contains(
        "16x16 has more positions in a window than a byte can tell apart; take windows of at most 15x15");

    private static Constraint Refused => Throws.ArgumentException.With.Message.Contains("has no outputs on 2x2 pixels");

    private static Constraint TooMany =>
        Throws.TypeOf<DeviceException>().With.Message.Contains("40000x1x1x65536")
            .And.Message.Contains("use fewer channels or features");

    private static Constraint Uneven =>
        Throws.ArgumentException.With.Message.Contains("whose channels are a multiple of 8");

    private static Constraint Empty => Throws.ArgumentException.With.Message.Contains("at least 1");

    private static EqualStringConstraint Names(string argument) =>
        Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo(argument);
}
