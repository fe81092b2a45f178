using ILGPU;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Batch normalisation: a training step from running statistics 0 and 1, its backward pass, then an evaluation with the
/// new statistics (<c>eval_output</c>).
/// </summary>
public class BatchNormCase : OperatorCase
{
    private readonly BatchNormShape shape;
    private readonly double[] input;
    private readonly double[] residual;
    private readonly double[] weight;
    private readonly double[] bias;
    private readonly bool relu;
    private readonly bool inPlace;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="residual"><c>[N, H, W, C]</c>, or empty for none.</param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="bias"><c>[C]</c></param>
    /// <param name="gradOutput"><c>[N, H, W, C]</c></param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="inPlace">Whether the kernels write over what they may write over.</param>
    public BatchNormCase(
        in BatchNormShape shape, double[] input, double[] residual, double[] weight, double[] bias, double[] gradOutput,
        bool relu, bool inPlace = false)
        : base("batch norm", Describe(shape, residual, relu), gradOutput, Given(input, residual, weight, bias))
    {
        this.shape = shape;
        this.input = input;
        this.residual = residual;
        this.weight = weight;
        this.bias = bias;
        this.relu = relu;
        this.inPlace = inPlace;
    }

    /// <inheritdoc/>
    /// <remarks>With no convolution before it to compute the statistics, the quad kernels run anyway.</remarks>
    public override IReadOnlyList<string> Algorithms =>
        [.. NamesOf<BatchNormAlgorithm>().Except([nameof(BatchNormAlgorithm.FusedStatistics).ToLowerInvariant()])];

    /// <inheritdoc/>
    public override double KinkDistance =>
        relu ? Training(withRelu: false)["output"].Min(Math.Abs) : double.PositiveInfinity;

    /// <inheritdoc/>
    public override double[] Forward() => Training(relu)["output"];

    /// <inheritdoc/>
    public override Results Reference()
    {
        Results results = Training(relu);
        double[] gradInput = new double[input.Length], gradResidual = new double[input.Length];
        double[] evaluation = new double[input.Length];
        double[] gradWeight = new double[shape.C], gradBias = new double[shape.C];
        BatchNormReference.Backward(
            gradInput, gradResidual, gradWeight, gradBias, GradOutput, results["output"], input, results["mean"],
            results["inverse_std"], weight, relu, shape);
        BatchNormReference.ForwardEvaluation(
            evaluation, input, residual, results["running_mean"], results["running_var"], weight, bias,
            BatchNormLayer.Epsilon, relu, shape);
        results["grad_input"] = gradInput;
        if (residual.Length > 0)
            results["grad_residual"] = gradResidual;
        results["grad_weight"] = gradWeight;
        results["grad_bias"] = gradBias;
        results["eval_output"] = evaluation;
        return results;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// With k the values of a channel, the longest chain of additions: the mean is off by at most <c>k u mean|x|</c>;
    /// the variance by a factor of <c>1 + (k + 4) u</c> and the square of the mean's error; its inverse root by half of
    /// that. What is computed from them carries their errors, and each further operation rounds once; the gradient of
    /// the residual is only copied.
    /// </remarks>
    public override Results Bounds()
    {
        Results at = Reference();
        double[] gradients = Masked(at["output"]);
        double k = shape.Pixels;
        var bounds = new Results();
        foreach ((string name, double[] values) in at)
            bounds[name] = new double[values.Length];
        for (int c = 0; c < shape.C; c++)
        {
            double meanAbsolute = 0, gradSum = 0, gradNormalizedSum = 0;
            double mean = at["mean"][c], rstd = at["inverse_std"][c], runningMean = at["running_mean"][c];
            double runningVar = at["running_var"][c];
            for (int i = c; i < input.Length; i += shape.C)
            {
                meanAbsolute += Math.Abs(input[i]) / shape.Pixels;
                gradSum += Math.Abs(gradients[i]);
                gradNormalizedSum += Math.Abs(gradients[i] * (input[i] - mean) * rstd);
            }
            double meanError = k * Roundoff * meanAbsolute;
            double rootError = (k + 8) * Roundoff + meanError * meanError * rstd * rstd;
            bounds["mean"][c] = meanError;
            bounds["inverse_std"][c] = rootError * rstd;
            bounds["running_mean"][c] = meanError + 4 * Roundoff * Math.Abs(mean);
            bounds["running_var"][c] = 2 * (rootError + 4 * Roundoff) * runningVar;

            double normalizedError = meanError * rstd;
            double biasError = k * Roundoff * gradSum;
            double weightError =
                (k + 4 + rootError / Roundoff) * Roundoff * gradNormalizedSum + gradSum * normalizedError;
            bounds["grad_bias"][c] = biasError;
            bounds["grad_weight"][c] = weightError;
            double runningMeanError = bounds["running_mean"][c], runningRootError = 2 * rootError + 8 * Roundoff;
            double runningRoot = 1 / Math.Sqrt(runningVar + BatchNormLayer.Epsilon);
            for (int i = c; i < input.Length; i += shape.C)
            {
                double normalized = Math.Abs((input[i] - mean) * rstd);
                double added = Math.Abs(bias[c]) + (residual.Length == 0 ? 0 : Math.Abs(residual[i]));
                bounds["output"][i] = OfNormalized(
                    normalized * Math.Abs(weight[c]), normalizedError * Math.Abs(weight[c]), rootError, added);
                bounds["eval_output"][i] = OfNormalized(
                    Math.Abs((input[i] - runningMean) * runningRoot * weight[c]),
                    runningMeanError * runningRoot * Math.Abs(weight[c]), runningRootError, added);
                double share = Math.Abs(at["grad_bias"][c]) / shape.Pixels;
                double slope = Math.Abs(at["grad_weight"][c]) / shape.Pixels;
                double terms = Math.Abs(gradients[i]) + share + normalized * slope;
                double termsError =
                    biasError / shape.Pixels + normalized * weightError / shape.Pixels + normalizedError * slope;
                bounds["grad_input"][i] =
                    Math.Abs(weight[c] * rstd) * (termsError + (rootError + 8 * Roundoff) * terms);
            }
        }
        foreach (string name in (ReadOnlySpan<string>)["output", "eval_output", "grad_input"])
            bounds[name] = Stored(bounds[name], at[name], shape.Tensor);
        return bounds;
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        BatchNormShape sizes = shape;
        bool hasResidual = residual.Length > 0;
        using var memory = new DeviceMemory(device);
        Tensor x = Filled(input), gradOutput = Filled(GradOutput);
        Tensor? added = hasResidual ? Filled(residual) : null;
        Tensor? addedInEvaluation = hasResidual ? Filled(residual) : null;
        Tensor output = inPlace && added is not null ? added : Unwritten();
        Tensor evaluation = inPlace && addedInEvaluation is not null ? addedInEvaluation : Unwritten();
        Tensor? gradResidual = !hasResidual ? null : inPlace ? gradOutput : Unwritten();
        Tensor gradInput = inPlace && !hasResidual ? gradOutput : Unwritten();
        ArrayView<float> weights = memory.Vector(weight), biases = memory.Vector(bias);
        ArrayView<float> mean = memory.Vector(sizes.C), inverseStd = memory.Vector(sizes.C);
        ArrayView<float> gradWeight = memory.Vector(sizes.C), gradBias = memory.Vector(sizes.C);
        ArrayView<float> runningMean = memory.Vector(new double[sizes.C]), runningVar = memory.Vector(Ones());
        memory.Run(() =>
        {
            BatchNorm.ForwardTraining(
                device, output, mean, inverseStd, runningMean, runningVar, x, added, weights, biases,
                BatchNormLayer.Momentum, BatchNormLayer.Epsilon, relu, sizes);
            BatchNorm.Backward(
                device, gradInput, gradResidual, gradWeight, gradBias, gradOutput, hasResidual && relu ? output : null,
                x, mean, inverseStd, weights, biases, relu, sizes);
            BatchNorm.ForwardEvaluation(
                device, evaluation, x, addedInEvaluation, runningMean, runningVar, weights, biases,
                BatchNormLayer.Epsilon, relu, sizes);
        });
        var results = new Results
        {
            ["output"] = memory.Read(output),
            ["mean"] = memory.Read(mean),
            ["inverse_std"] = memory.Read(inverseStd),
            ["running_mean"] = memory.Read(runningMean),
            ["running_var"] = memory.Read(runningVar),
            ["grad_input"] = memory.Read(gradInput),
            ["grad_weight"] = memory.Read(gradWeight),
            ["grad_bias"] = memory.Read(gradBias),
            ["eval_output"] = memory.Read(evaluation),
        };
        if (gradResidual is not null)
            results["grad_residual"] = memory.Read(gradResidual);
        return results;

        Tensor Filled(double[] values) => memory.Tensor(sizes.Tensor, values, ElementsOf(sizes.Tensor));
        Tensor Unwritten() => memory.Tensor(sizes.Tensor, ElementsOf(sizes.Tensor));
    }

    /// <summary>
    /// The error of <c>x̂ · weight + bias + residual</c>: that of the mean, that of the inverse root, and the roundings
    /// on the way.
    /// </summary>
    private static double OfNormalized(double scaled, double meanError, double rootError, double added) =>
        meanError + scaled * (rootError + 4 * Roundoff) + 3 * Roundoff * (added + scaled);

    private Results Training(bool withRelu)
    {
        double[] output = new double[input.Length], mean = new double[shape.C], inverseStd = new double[shape.C];
        double[] runningMean = new double[shape.C], runningVar = Ones();
        BatchNormReference.ForwardTraining(
            output, mean, inverseStd, runningMean, runningVar, input, residual, weight, bias, BatchNormLayer.Momentum,
            BatchNormLayer.Epsilon, withRelu, shape);
        return new()
        {
            ["output"] = output,
            ["mean"] = mean,
            ["inverse_std"] = inverseStd,
            ["running_mean"] = runningMean,
            ["running_var"] = runningVar,
        };
    }

    private double[] Masked(double[] output) =>
        [.. GradOutput.Zip(output, (gradient, y) => relu && y <= 0 ? 0 : gradient)];

    private double[] Ones() => [.. Enumerable.Repeat(1.0, shape.C)];

    private static string Describe(in BatchNormShape shape, double[] residual, bool relu) =>
        $"{shape}{(residual.Length > 0 ? " + residual" : "")}{(relu ? ", ReLU" : "")}";

    private static Operand[] Given(double[] input, double[] residual, double[] weight, double[] bias)
    {
        Operand[] three = [new("input", input), new("weight", weight), new("bias", bias)];
        return residual.Length == 0 ? three : [.. three, new Operand("residual", residual)];
    }
}
