namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The factors of one step of Adam, computed once in double precision and not once a parameter.</summary>
internal readonly struct AdamStep
{
    /// <summary>The factors of a step.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="step">Number of the step, from 1.</param>
    public AdamStep(in AdamOptions options, int step)
    {
        Beta1 = options.Beta1;
        Beta2 = options.Beta2;
        Epsilon = options.Epsilon;
        Keep = options.Decoupled ? (float)(1 - (double)options.LearningRate * options.WeightDecay) : 1;
        WeightDecay = options.Decoupled ? 0 : options.WeightDecay;
        StepSize = (float)(options.LearningRate / (1 - Math.Pow(options.Beta1, step)));
        RootCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step)));
    }

    /// <summary>Share of the mean gradient that is kept.</summary>
    public float Beta1 { get; }

    /// <summary>Share of the mean squared gradient that is kept.</summary>
    public float Beta2 { get; }

    /// <summary>Keeps the divisor from zero.</summary>
    public float Epsilon { get; }

    /// <summary>What decoupled weight decay leaves of a parameter.</summary>
    public float Keep { get; }

    /// <summary>Weight decay that is part of the gradient.</summary>
    public float WeightDecay { get; }

    /// <summary><c>learningRate / (1 - β1^t)</c></summary>
    public float StepSize { get; }

    /// <summary><c>1 / √(1 - β2^t)</c></summary>
    public float RootCorrection { get; }
}
