namespace IlgpuCxr.Kernels.Device;

/// <summary>What a user may choose about a device.</summary>
public sealed record DeviceOptions
{
    /// <summary>The environment variable behind <see cref="Algorithms"/>.</summary>
    public const string AlgorithmsVariable = "ILGPUCXR_ALGORITHMS";

    /// <summary>The environment variable behind <see cref="Graphs"/>.</summary>
    public const string GraphsVariable = "ILGPUCXR_GRAPHS";

    /// <summary>Threads of the CPU device; all cores by default.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Algorithms to force: <c>naive</c> for all operators, or a list such as
    /// <c>convolution=naive,maxpooling=vector</c>. By default what the environment variable <c>ILGPUCXR_ALGORITHMS</c>
    /// says; empty lets each operator choose.
    /// </summary>
    public string Algorithms { get; init; } = Environment.GetEnvironmentVariable(AlgorithmsVariable) ?? "";

    /// <summary>
    /// How exactly convolutions and linear layers multiply; by default tf32 where there are tensor cores, else fp32.
    /// </summary>
    public Precision? Precision { get; init; }

    /// <summary>
    /// Whether a training step is recorded as a CUDA graph and launched as one; by default only if the environment
    /// variable <c>ILGPUCXR_GRAPHS</c> is 1, because it has not been run on a GPU yet (docs/gpu-notes.md).
    /// </summary>
    public bool Graphs { get; init; } = Environment.GetEnvironmentVariable(GraphsVariable) == "1";

    /// <summary>
    /// Launch CPU kernels through ILGPU's own CPU accelerator instead of the thread pool; see docs/decisions.md.
    /// </summary>
    internal bool LaunchThroughIlgpu { get; init; }
}
