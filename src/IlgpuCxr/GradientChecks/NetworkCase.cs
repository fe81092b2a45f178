using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// A whole small network: the references of its operators one after the other in double precision, and the library's
/// own layers, with their bookkeeping and buffers, in single precision.
/// </summary>
public sealed class NetworkCase : OperatorCase
{
    // An element's error is a sum of many; the greatest of so many samples of it is below its standard deviation once
    // in 10^3 (0.68^16 = 2·10^-3).
    private const int Samples = 16;

    private readonly TensorShape inputShape;
    private readonly double[] input;
    private readonly ReferenceLayer reference;
    private readonly Func<Layer> build;

    internal NetworkCase(
        string name, string description, TensorShape inputShape, double[] input, double[] gradOutput,
        ReferenceLayer reference, Func<Layer> build)
        : base(name, description, gradOutput, [new Operand("input", input), .. reference.Parameters])
    {
        this.inputShape = inputShape;
        this.input = input;
        this.reference = reference;
        this.build = build;
    }

    /// <inheritdoc/>
    /// <remarks>The naive kernels throughout, and what each operator chooses.</remarks>
    public override IReadOnlyList<string> Algorithms => ["naive", ""];

    /// <inheritdoc/>
    public override double KinkDistance
    {
        get
        {
            Forward();
            return reference.KinkDistance;
        }
    }

    /// <inheritdoc/>
    public override double[] Forward() => reference.Forward(input, new Disturbance(0));

    /// <inheritdoc/>
    public override Results Reference() => Run(new Disturbance(0));

    /// <inheritdoc/>
    /// <remarks>The greatest deviation that <see cref="Disturbance"/> causes.</remarks>
    public override Results Bounds()
    {
        Results exact = Reference(), bounds = [];
        foreach ((string name, double[] values) in exact)
            bounds[name] = new double[values.Length];
        for (int seed = 1; seed <= Samples; seed++)
        {
            foreach ((string name, double[] values) in Run(new Disturbance(seed)))
                bounds[name] =
                    [.. bounds[name].Select((bound, i) => Math.Max(bound, Math.Abs(values[i] - exact[name][i])))];
        }
        return bounds;
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        Layer network = build();
        Parameter[] parameters = [.. network.Parameters];
        using var store = new ParameterStore(device, parameters);
        foreach (Parameter parameter in parameters)
        {
            // Running statistics are no operands; they begin as those of a new network.
            double[]? values = Operands.FirstOrDefault(operand => operand.Name == parameter.Name)?.Values;
            device.Upload<float>(
                parameter.Value,
                values is null
                    ? Initializer.Values(parameter, seed: 0)
                    : Array.ConvertAll(values, value => (float)value));
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> images = memory.Vector(input), upstream = memory.Vector(GradOutput);
        ArrayView<float> output = memory.Vector(GradOutput.Length), gradInput = memory.Vector(input.Length);
        memory.Run(() =>
        {
            Tensor x = device.Arena.Rent(inputShape);
            device.Copy(x.View, images);
            x.RequiresGrad = true;
            Tensor y = network.Forward(device, x, training: true);
            device.Copy(output, y.View);
            Tensor gradient = device.Arena.Rent(y.Shape);
            device.Copy(gradient.View, upstream);
            y.Release();
            Tensor dx = network.Backward(device, gradient)!;
            device.Copy(gradInput, dx.View);
            dx.Release();
        });
        var results = new Results { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
        foreach (Operand operand in Operands.Skip(1))
            results[operand.Gradient] = memory.Read(
                parameters.Single(parameter => parameter.Name == operand.Name).Gradient);
        return results;
    }

    private Results Run(Disturbance disturbance)
    {
        var results = new Results { ["output"] = reference.Forward(input, disturbance) };
        results["grad_input"] = reference.Backward(GradOutput, disturbance, results);
        return results;
    }
}
