using ILGPU;
using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Addition;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>Every operator, forward and backward, from host arrays to named results; on a device, or (null) by the reference.</summary>
internal static class Compute
{
    /// <summary><c>accumulated</c> is the gradient added to the input, in place of another path's gradient.</summary>
    public static Dictionary<string, double[]> Convolution(
        ComputeDevice? device, in ConvolutionShape sizes, float[] input, float[] weights, float[]? bias, float[] gradOutput)
    {
        ConvolutionShape shape = sizes;
        if (device is null)
        {
            double[] x = Wide(input), w = Wide(weights), dy = Wide(gradOutput);
            double[] y = New(shape.Output), dx = New(shape.Input), dw = New(shape.Weights), db = new double[shape.K];
            ConvolutionReference.Forward(y, x, w, bias is null ? [] : Wide(bias), shape);
            ConvolutionReference.BackwardData(dx, dy, w, shape);
            ConvolutionReference.BackwardWeights(dw, dy, x, shape);
            ConvolutionReference.BackwardBias(db, dy, shape);
            double[] joined = [.. dx.Zip(x, (a, b) => a + b)];
            return new() { ["output"] = y, ["grad_input"] = dx, ["accumulated"] = joined, ["grad_weight"] = dw, ["grad_bias"] = db };
        }
        using var memory = new DeviceMemory(device);
        Tensor inputTensor = memory.Tensor(shape.Input, input), gradOutputTensor = memory.Tensor(shape.Output, gradOutput);
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input), accumulated = memory.Tensor(shape.Input, input);
        ArrayView<float> weightsView = memory.Vector(weights), biasView = bias is null ? default : memory.Vector(bias);
        ArrayView<float> gradWeights = memory.Vector((int)shape.Weights.Count), gradBias = memory.Vector(shape.K);
        memory.Run(() =>
        {
            Kernels.Convolution.Convolution.Forward(device, output, inputTensor, weightsView, biasView, shape);
            Kernels.Convolution.Convolution.BackwardData(device, gradInput, gradOutputTensor, weightsView, accumulate: false, shape);
            Kernels.Convolution.Convolution.BackwardData(device, accumulated, gradOutputTensor, weightsView, accumulate: true, shape);
            Kernels.Convolution.Convolution.BackwardWeights(device, gradWeights, gradBias, gradOutputTensor, inputTensor, shape);
        });
        return new()
        {
            ["output"] = memory.Read(output),
            ["grad_input"] = memory.Read(gradInput),
            ["accumulated"] = memory.Read(accumulated),
            ["grad_weight"] = memory.Read(gradWeights),
            ["grad_bias"] = memory.Read(gradBias),
        };
    }

    public static Dictionary<string, double[]> MaxPooling(ComputeDevice? device, in MaxPoolingShape sizes, float[] input, float[] gradOutput)
    {
        MaxPoolingShape shape = sizes;
        if (device is null)
        {
            double[] y = New(shape.Output), dx = New(shape.Input);
            var pixels = new int[shape.Output.Count];
            MaxPoolingReference.Forward(y, pixels, Wide(input), shape);
            MaxPoolingReference.Backward(dx, Wide(gradOutput), pixels, shape);
            return new() { ["output"] = y, ["indices"] = Array.ConvertAll(pixels, i => (double)i), ["grad_input"] = dx };
        }
        using var memory = new DeviceMemory(device);
        Tensor inputTensor = memory.Tensor(shape.Input, input), gradOutputTensor = memory.Tensor(shape.Output, gradOutput);
        Tensor output = memory.Tensor(shape.Output), indices = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        Tensor evaluation = memory.Tensor(shape.Output);
        memory.Run(() =>
        {
            Kernels.Pooling.MaxPooling.Forward(device, output, indices, inputTensor, shape);
            Kernels.Pooling.MaxPooling.Forward(device, evaluation, null, inputTensor, shape);
            Kernels.Pooling.MaxPooling.Backward(device, gradInput, gradOutputTensor, indices, shape);
        });
        Assert.That(memory.Read(evaluation), Is.EqualTo(memory.Read(output)), "Without indices the maxima are the same.");
        return new()
        {
            ["output"] = memory.Read(output),
            ["indices"] = Array.ConvertAll(device.Download(indices.View.Cast<int>()), i => (double)i),
            ["grad_input"] = memory.Read(gradInput),
        };
    }

    public static Dictionary<string, double[]> AdaptiveAveragePooling(
        ComputeDevice? device, in AdaptiveAveragePoolingShape sizes, float[] input, float[] gradOutput)
    {
        AdaptiveAveragePoolingShape shape = sizes;
        if (device is null)
        {
            double[] y = New(shape.Output), dx = New(shape.Input);
            AdaptiveAveragePoolingReference.Forward(y, Wide(input), shape);
            AdaptiveAveragePoolingReference.Backward(dx, Wide(gradOutput), shape);
            return new() { ["output"] = y, ["grad_input"] = dx };
        }
        using var memory = new DeviceMemory(device);
        Tensor inputTensor = memory.Tensor(shape.Input, input), gradOutputTensor = memory.Tensor(shape.Output, gradOutput);
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        memory.Run(() =>
        {
            Kernels.Pooling.AdaptiveAveragePooling.Forward(device, output, inputTensor, shape);
            Kernels.Pooling.AdaptiveAveragePooling.Backward(device, gradInput, gradOutputTensor, shape);
        });
        return new() { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
    }

    /// <summary>A training step from running statistics 0 and 1, its backward pass, then evaluation with the new statistics.</summary>
    public static Dictionary<string, double[]> BatchNorm(
        ComputeDevice? device, in BatchNormShape sizes, float[] input, float[]? residual, float[] weight, float[] bias, float[] gradOutput,
        bool relu, bool inPlace = false)
    {
        const float momentum = 0.1f, epsilon = 1e-5f;
        BatchNormShape shape = sizes;
        int c = shape.C;
        float[] zeros = new float[c], ones = [.. Enumerable.Repeat(1f, c)];
        if (device is null)
        {
            double[] x = Wide(input), r = residual is null ? [] : Wide(residual), w = Wide(weight), b = Wide(bias);
            double[] y = New(shape.Tensor), ye = New(shape.Tensor), dx = New(shape.Tensor), dr = New(shape.Tensor);
            double[] mu = new double[c], rstd = new double[c], dw = new double[c], db = new double[c];
            double[] runningMu = Wide(zeros), runningSquare = Wide(ones);
            BatchNormReference.ForwardTraining(y, mu, rstd, runningMu, runningSquare, x, r, w, b, momentum, epsilon, relu, shape);
            BatchNormReference.Backward(dx, dr, dw, db, Wide(gradOutput), y, x, mu, rstd, w, relu, shape);
            BatchNormReference.ForwardEvaluation(ye, x, r, runningMu, runningSquare, w, b, epsilon, relu, shape);
            return Results(y, mu, rstd, runningMu, runningSquare, dx, dr, dw, db, ye);
        }
        using var memory = new DeviceMemory(device);
        Tensor inputTensor = memory.Tensor(shape.Tensor, input), gradOutputTensor = memory.Tensor(shape.Tensor, gradOutput);
        Tensor? residualTensor = residual is null ? null : memory.Tensor(shape.Tensor, residual);
        Tensor? evaluationResidual = residual is null ? null : memory.Tensor(shape.Tensor, residual);
        Tensor output = inPlace && residualTensor is not null ? residualTensor : memory.Tensor(shape.Tensor);
        Tensor evaluation = inPlace && evaluationResidual is not null ? evaluationResidual : memory.Tensor(shape.Tensor);
        Tensor? gradResidual = residual is null ? null : inPlace ? gradOutputTensor : memory.Tensor(shape.Tensor);
        Tensor gradInput = inPlace && residual is null ? gradOutputTensor : memory.Tensor(shape.Tensor);
        ArrayView<float> weightView = memory.Vector(weight), biasView = memory.Vector(bias);
        ArrayView<float> mean = memory.Vector(c), inverseStd = memory.Vector(c), gradWeight = memory.Vector(c), gradBias = memory.Vector(c);
        ArrayView<float> runningMean = memory.Vector(zeros), runningVar = memory.Vector(ones);
        memory.Run(() =>
        {
            Kernels.BatchNorm.BatchNorm.ForwardTraining(
                device, output, mean, inverseStd, runningMean, runningVar, inputTensor, residualTensor, weightView, biasView, momentum, epsilon, relu, shape);
            Kernels.BatchNorm.BatchNorm.Backward(
                device, gradInput, gradResidual, gradWeight, gradBias, gradOutputTensor, output, inputTensor, mean, inverseStd, weightView, relu, shape);
            Kernels.BatchNorm.BatchNorm.ForwardEvaluation(
                device, evaluation, inputTensor, evaluationResidual, runningMean, runningVar, weightView, biasView, epsilon, relu, shape);
        });
        Dictionary<string, double[]> results = Results(
            memory.Read(output), memory.Read(mean), memory.Read(inverseStd), memory.Read(runningMean), memory.Read(runningVar),
            memory.Read(gradInput), gradResidual is null ? [] : memory.Read(gradResidual), memory.Read(gradWeight), memory.Read(gradBias),
            memory.Read(evaluation));
        if (gradResidual is null)
            results.Remove("grad_residual");
        return results;

        static Dictionary<string, double[]> Results(
            double[] output, double[] mean, double[] inverseStd, double[] runningMean, double[] runningVar, double[] gradInput,
            double[] gradResidual, double[] gradWeight, double[] gradBias, double[] evaluation) => new()
            {
                ["output"] = output,
                ["mean"] = mean,
                ["inverse_std"] = inverseStd,
                ["running_mean"] = runningMean,
                ["running_var"] = runningVar,
                ["grad_input"] = gradInput,
                ["grad_residual"] = gradResidual,
                ["grad_weight"] = gradWeight,
                ["grad_bias"] = gradBias,
                ["eval_output"] = evaluation,
            };
    }

    public static Dictionary<string, double[]> Relu(ComputeDevice? device, float[] input, float[] gradOutput, bool inPlace = false)
    {
        if (device is null)
        {
            double[] y = new double[input.Length], dx = new double[input.Length];
            ReluReference.Forward(y, Wide(input));
            ReluReference.Backward(dx, Wide(gradOutput), y);
            return new() { ["output"] = y, ["grad_input"] = dx };
        }
        using var memory = new DeviceMemory(device);
        TensorShape shape = TensorShape.Vector(input.Length);
        Tensor inputTensor = memory.Tensor(shape, input), gradOutputTensor = memory.Tensor(shape, gradOutput);
        Tensor output = inPlace ? inputTensor : memory.Tensor(shape), gradInput = inPlace ? gradOutputTensor : memory.Tensor(shape);
        memory.Run(() =>
        {
            Kernels.Activation.Relu.Forward(device, output, inputTensor);
            Kernels.Activation.Relu.Backward(device, gradInput, gradOutputTensor, output);
        });
        return new() { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
    }

    public static Dictionary<string, double[]> Dropout(ComputeDevice? device, float[] input, float[] gradOutput, DropoutMask mask, bool inPlace = false)
    {
        if (device is null)
        {
            double[] y = new double[input.Length], dx = new double[input.Length];
            DropoutReference.Forward(y, Wide(input), mask);
            DropoutReference.Backward(dx, Wide(gradOutput), mask);
            return new() { ["output"] = y, ["grad_input"] = dx };
        }
        using var memory = new DeviceMemory(device);
        TensorShape shape = TensorShape.Vector(input.Length);
        Tensor inputTensor = memory.Tensor(shape, input), gradOutputTensor = memory.Tensor(shape, gradOutput);
        Tensor output = inPlace ? inputTensor : memory.Tensor(shape), gradInput = inPlace ? gradOutputTensor : memory.Tensor(shape);
        memory.Run(() =>
        {
            Kernels.Dropout.Dropout.Forward(device, output, inputTensor, mask);
            Kernels.Dropout.Dropout.Backward(device, gradInput, gradOutputTensor, mask);
        });
        return new() { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
    }

    public static Dictionary<string, double[]> Addition(ComputeDevice? device, float[] a, float[] b, bool inPlace = false)
    {
        if (device is null)
        {
            var y = new double[a.Length];
            AdditionReference.Forward(y, Wide(a), Wide(b));
            return new() { ["output"] = y };
        }
        using var memory = new DeviceMemory(device);
        TensorShape shape = TensorShape.Vector(a.Length);
        Tensor left = memory.Tensor(shape, a), right = memory.Tensor(shape, b), output = inPlace ? left : memory.Tensor(shape);
        memory.Run(() => Kernels.Addition.Addition.Forward(device, output, left, right));
        return new() { ["output"] = memory.Read(output) };
    }

    public static Dictionary<string, double[]> Linear(
        ComputeDevice? device, in LinearShape sizes, float[] input, float[] weights, float[]? bias, float[] gradOutput)
    {
        LinearShape shape = sizes;
        if (device is null)
        {
            double[] x = Wide(input), w = Wide(weights), dy = Wide(gradOutput);
            double[] y = New(shape.Output), dx = New(shape.Input), dw = New(shape.Weights), db = new double[shape.Out];
            LinearReference.Forward(y, x, w, bias is null ? [] : Wide(bias), shape);
            LinearReference.BackwardData(dx, dy, w, shape);
            LinearReference.BackwardWeights(dw, db, dy, x, shape);
            return new() { ["output"] = y, ["grad_input"] = dx, ["grad_weight"] = dw, ["grad_bias"] = db };
        }
        using var memory = new DeviceMemory(device);
        Tensor inputTensor = memory.Tensor(shape.Input, input), gradOutputTensor = memory.Tensor(shape.Output, gradOutput);
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        ArrayView<float> weightsView = memory.Vector(weights), biasView = bias is null ? default : memory.Vector(bias);
        ArrayView<float> gradWeights = memory.Vector((int)shape.Weights.Count), gradBias = memory.Vector(shape.Out);
        memory.Run(() =>
        {
            Kernels.Linear.Linear.Forward(device, output, inputTensor, weightsView, biasView, shape);
            Kernels.Linear.Linear.BackwardData(device, gradInput, gradOutputTensor, weightsView, shape);
            Kernels.Linear.Linear.BackwardWeights(device, gradWeights, gradBias, gradOutputTensor, inputTensor, shape);
        });
        return new()
        {
            ["output"] = memory.Read(output),
            ["grad_input"] = memory.Read(gradInput),
            ["grad_weight"] = memory.Read(gradWeights),
            ["grad_bias"] = memory.Read(gradBias),
        };
    }

    /// <summary>Computes a loss and its gradient.</summary>
    /// <param name="loss"><c>[1]</c></param>
    /// <param name="gradLogits">As long as the logits, or empty.</param>
    /// <param name="logits">The logits.</param>
    public delegate void LossReference(double[] loss, double[] gradLogits, double[] logits);

    /// <inheritdoc cref="LossReference"/>
    public delegate void LossKernel(ComputeDevice device, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits);

    /// <summary>The loss and its gradient; the targets may be read as classes or as labels.</summary>
    public static Dictionary<string, double[]> SoftmaxCrossEntropy(ComputeDevice? device, LossShape shape, float[] logits, int[] targets)
    {
        using DeviceMemory? memory = device is null ? null : new DeviceMemory(device);
        ArrayView<int> view = memory?.Vector(targets) ?? default;
        return Loss(
            device, logits, (loss, gradient, x) => SoftmaxCrossEntropyReference.Forward(loss, gradient, x, targets, shape),
            (on, loss, gradient, x) => Kernels.Loss.SoftmaxCrossEntropy.Forward(on, loss, gradient, x, view, shape));
    }

    /// <summary>The loss and its gradient.</summary>
    public static Dictionary<string, double[]> BinaryCrossEntropy(ComputeDevice? device, LossShape shape, float[] logits, float[] targets)
    {
        using DeviceMemory? memory = device is null ? null : new DeviceMemory(device);
        ArrayView<float> view = memory?.Vector(targets) ?? default;
        return Loss(
            device, logits, (loss, gradient, x) => BinaryCrossEntropyReference.Forward(loss, gradient, x, Wide(targets), shape),
            (on, loss, gradient, x) => Kernels.Loss.BinaryCrossEntropy.Forward(on, loss, gradient, x, view, shape));
    }

    /// <summary>The loss and its gradient.</summary>
    public static Dictionary<string, double[]> Focal(ComputeDevice? device, LossShape shape, float[] logits, float[] targets, FocalOptions options)
    {
        using DeviceMemory? memory = device is null ? null : new DeviceMemory(device);
        ArrayView<float> view = memory?.Vector(targets) ?? default;
        return Loss(
            device, logits, (loss, gradient, x) => FocalReference.Forward(loss, gradient, x, Wide(targets), options, shape),
            (on, loss, gradient, x) => Kernels.Loss.Focal.Forward(on, loss, gradient, x, view, options, shape));
    }

    private static Dictionary<string, double[]> Loss(ComputeDevice? device, float[] logits, LossReference reference, LossKernel kernel)
    {
        if (device is null)
        {
            double[] value = new double[1], gradient = new double[logits.Length];
            reference(value, gradient, Wide(logits));
            return new() { ["loss"] = value, ["grad_logits"] = gradient };
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> loss = memory.Vector(1), evaluation = memory.Vector(1), gradLogits = memory.Vector(logits.Length), view = memory.Vector(logits);
        memory.Run(() =>
        {
            kernel(device, loss, gradLogits, view);
            kernel(device, evaluation, default, view);
        });
        Assert.That(memory.Read(evaluation), Is.EqualTo(memory.Read(loss)), "Without a gradient the loss is the same.");
        return new() { ["loss"] = memory.Read(loss), ["grad_logits"] = memory.Read(gradLogits) };
    }

    /// <summary>The parameters after each of some steps.</summary>
    public static List<double[]> Adam(ComputeDevice? device, float[] parameters, float[][] gradients, AdamOptions options)
    {
        var after = new List<double[]>();
        if (device is null)
        {
            double[] w = Wide(parameters), m = new double[w.Length], v = new double[w.Length];
            for (int step = 1; step <= gradients.Length; step++)
            {
                AdamReference.Step(w, m, v, Wide(gradients[step - 1]), step, options);
                after.Add([.. w]);
            }
            return after;
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> view = memory.Vector(parameters), mean = memory.Vector(new float[parameters.Length]), square = memory.Vector(new float[parameters.Length]);
        for (int i = 0; i < gradients.Length; i++)
        {
            ArrayView<float> gradient = memory.Vector(gradients[i]);
            int step = i + 1;
            memory.Run(() => Kernels.Optimizer.Adam.Step(device, view, mean, square, gradient, step, options));
            after.Add(memory.Read(view));
        }
        return after;
    }

    /// <summary>The parameters after each of some steps.</summary>
    public static List<double[]> Sgd(ComputeDevice? device, float[] parameters, float[][] gradients, SgdOptions options)
    {
        var after = new List<double[]>();
        if (device is null)
        {
            double[] w = Wide(parameters), buffer = new double[w.Length];
            foreach (float[] gradient in gradients)
            {
                SgdReference.Step(w, buffer, Wide(gradient), options);
                after.Add([.. w]);
            }
            return after;
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> view = memory.Vector(parameters), momentumBuffer = memory.Vector(new float[parameters.Length]);
        foreach (float[] gradient in gradients)
        {
            ArrayView<float> gradientView = memory.Vector(gradient);
            memory.Run(() => Kernels.Optimizer.Sgd.Step(device, view, options.Momentum == 0 ? default : momentumBuffer, gradientView, options));
            after.Add(memory.Read(view));
        }
        return after;
    }

    private static double[] Wide(float[] values) => DeviceMemory.Widen(values);

    private static double[] New(TensorShape shape) => new double[shape.Count];
}
