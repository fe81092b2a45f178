namespace IlgpuCxr.GradientChecks;

/// <summary>A layer of a network in double precision.</summary>
internal abstract class ReferenceLayer
{
    /// <summary>The layer's weights and biases, under the names that the library's layer gives them.</summary>
    public abstract IEnumerable<Operand> Parameters { get; }

    /// <summary>The smallest <see cref="OperatorCase.KinkDistance"/> of the last forward pass.</summary>
    public abstract double KinkDistance { get; }

    /// <summary>The output.</summary>
    public abstract double[] Forward(double[] input, Disturbance disturbance);

    /// <summary>The input's gradient; those of the parameters go to <paramref name="gradients"/>.</summary>
    public abstract double[] Backward(double[] gradOutput, Disturbance disturbance, Results gradients);
}

/// <summary>One operator as a layer.</summary>
/// <param name="name">The layer's name, in front of its parameters' names.</param>
/// <param name="parameters">Its parameters, named as the operator's operands.</param>
/// <param name="on">The operator on an input.</param>
internal sealed class ReferenceOperator(
    string name, Operand[] parameters, Func<double[], OperatorCase> on) : ReferenceLayer
{
    private OperatorCase? current;

    public override IEnumerable<Operand> Parameters => parameters.Select(Named);

    public override double KinkDistance => current!.KinkDistance;

    public override double[] Forward(double[] input, Disturbance disturbance)
    {
        current = on(input);
        return disturbance.Apply(current.Forward(), () => current.Bounds()["output"]);
    }

    public override double[] Backward(double[] gradOutput, Disturbance disturbance, Results gradients) =>
        Backward(gradOutput, disturbance, gradients, "grad_input")[0];

    /// <summary>As above, for several inputs of the operator.</summary>
    public double[][] Backward(double[] gradOutput, Disturbance disturbance, Results gradients, params string[] inputs)
    {
        current!.GradOutput = gradOutput;
        Results results = current.Reference();
        var bounds = new Lazy<Results>(current.Bounds);
        double[] Disturbed(string gradient) => disturbance.Apply(results[gradient], () => bounds.Value[gradient]);
        foreach (Operand parameter in parameters)
            gradients[Named(parameter).Gradient] = Disturbed(parameter.Gradient);
        return Array.ConvertAll(inputs, Disturbed);
    }

    private Operand Named(Operand parameter) => parameter with { Name = $"{name}.{parameter.Name}" };
}

/// <summary>Layers one after the other.</summary>
internal sealed class ReferenceSequence(params IReadOnlyList<ReferenceLayer> layers) : ReferenceLayer
{
    public override IEnumerable<Operand> Parameters => layers.SelectMany(layer => layer.Parameters);

    public override double KinkDistance => layers.Min(layer => layer.KinkDistance);

    public override double[] Forward(double[] input, Disturbance disturbance) =>
        layers.Aggregate(input, (values, layer) => layer.Forward(values, disturbance));

    public override double[] Backward(double[] gradOutput, Disturbance disturbance, Results gradients) =>
        layers.Reverse().Aggregate(gradOutput, (gradient, layer) => layer.Backward(gradient, disturbance, gradients));
}

/// <summary>ResNet's basic block: <c>relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))</c></summary>
/// <param name="body">From the input to what batch norm takes: <c>conv1, bn1, conv2</c>.</param>
/// <param name="shortcut">The shortcut's layers; null where it is the identity.</param>
/// <param name="lastName">The name of <c>bn2</c>.</param>
/// <param name="lastParameters">Weight and bias of <c>bn2</c>.</param>
/// <param name="last"><c>bn2</c> with the residual and the ReLU, on an input and a residual.</param>
internal sealed class ReferenceBlock(
    ReferenceLayer body, ReferenceLayer? shortcut, string lastName, Operand[] lastParameters,
    Func<double[], double[], OperatorCase> last) : ReferenceLayer
{
    private ReferenceOperator? end;

    public override IEnumerable<Operand> Parameters =>
        [
            .. body.Parameters,
            .. lastParameters.Select(parameter => parameter with { Name = $"{lastName}.{parameter.Name}" }),
            .. shortcut?.Parameters ?? []];

    public override double KinkDistance =>
        Math.Min(end!.KinkDistance, Math.Min(body.KinkDistance, shortcut?.KinkDistance ?? double.PositiveInfinity));

    public override double[] Forward(double[] input, Disturbance disturbance)
    {
        double[] residual = shortcut is null ? input : shortcut.Forward(input, disturbance);
        end = new ReferenceOperator(lastName, lastParameters, hidden => last(hidden, residual));
        return end.Forward(body.Forward(input, disturbance), disturbance);
    }

    public override double[] Backward(double[] gradOutput, Disturbance disturbance, Results gradients)
    {
        double[][] ends = end!.Backward(gradOutput, disturbance, gradients, "grad_input", "grad_residual");
        double[] throughBody = body.Backward(ends[0], disturbance, gradients);
        double[] throughShortcut = shortcut is null ? ends[1] : shortcut.Backward(ends[1], disturbance, gradients);
        return [.. throughBody.Zip(throughShortcut, (a, b) => a + b)];
    }
}
