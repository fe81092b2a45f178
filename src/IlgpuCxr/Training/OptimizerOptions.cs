using System.Text.Json.Serialization;
using IlgpuCxr.Kernels.Optimizer;

namespace IlgpuCxr.Training;

/// <summary>The ways to change parameters by their gradients.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OptimizerKind>))]
public enum OptimizerKind
{
    /// <summary>Stochastic gradient descent with momentum.</summary>
    [JsonStringEnumMemberName("sgd")]
    Sgd,

    /// <summary>Adam, weight decay being part of the gradient.</summary>
    [JsonStringEnumMemberName("adam")]
    Adam,

    /// <summary>Adam with decoupled weight decay.</summary>
    [JsonStringEnumMemberName("adamw")]
    AdamW,
}

/// <summary>How parameters are changed by their gradients; by default as in the study.</summary>
public sealed record OptimizerOptions
{
    /// <summary>The method.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.Sgd;

    /// <summary>Size of a step.</summary>
    public float LearningRate { get; init; } = 1e-4f;

    /// <summary>SGD: share of the previous direction that is kept.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>SGD: whether to look ahead along the momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Pull of the parameters towards zero; 0 unless given, also of AdamW, where PyTorch's is 0.01.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Adam and AdamW: share of the mean gradient that is kept.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Adam and AdamW: share of the mean squared gradient that is kept.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Adam and AdamW: keeps the divisor from zero.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>
    /// Whether the gradients of each output's weights lose their mean first:
    /// <see cref="GradientCentralizationReference"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CentralizeGradients { get; init; }

    /// <summary>The options of <see cref="Kernels.Optimizer.Sgd"/>.</summary>
    [JsonIgnore]
    public SgdOptions Sgd => new(LearningRate, Momentum, WeightDecay, Nesterov);

    /// <summary>The options of <see cref="Kernels.Optimizer.Adam"/>.</summary>
    [JsonIgnore]
    public AdamOptions Adam =>
        new(LearningRate, Beta1, Beta2, Epsilon, WeightDecay, Decoupled: Kind == OptimizerKind.AdamW);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="UsageException">A value is out of range; the message names the option.</exception>
    public void Validate()
    {
        UsageException.Require(
            LearningRate > 0 && float.IsFinite(LearningRate),
            UsageException.OutOfRange("--lr", LearningRate, "a positive number"));
        UsageException.Require(
            Momentum is >= 0 and < 1, UsageException.OutOfRange("--momentum", Momentum, "at least 0 and less than 1"));
        UsageException.Require(
            !Nesterov || Momentum > 0,
            "--nesterov looks ahead along the momentum: use a --momentum greater than 0 with it.");
        UsageException.Require(
            !Nesterov || Kind == OptimizerKind.Sgd, "--nesterov is an option of SGD: use --optimizer sgd with it.");
        UsageException.Require(
            WeightDecay >= 0 && float.IsFinite(WeightDecay),
            UsageException.OutOfRange("--weight-decay", WeightDecay, "0 or a positive number"));
        UsageException.Require(
            Beta1 is >= 0 and < 1, UsageException.OutOfRange("--beta1", Beta1, "at least 0 and less than 1"));
        UsageException.Require(
            Beta2 is >= 0 and < 1, UsageException.OutOfRange("--beta2", Beta2, "at least 0 and less than 1"));
        UsageException.Require(
            Epsilon > 0 && float.IsFinite(Epsilon), UsageException.OutOfRange("--eps", Epsilon, "a positive number"));
    }
}
