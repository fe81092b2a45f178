namespace IlgpuCxr.Kernels.Device;

/// <summary>What a user may choose about a device.</summary>
public sealed record DeviceOptions
{
    /// <summary>The environment variable behind <see cref="Algorithms"/>.</summary>
    public const string AlgorithmsVariable = "ILGPUCXR_ALGORITHMS";

    /// <summary>Threads of the CPU device; all cores by default.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Algorithms to force: <c>naive</c> for all operators, or a list such as <c>convolution=naive,maxpooling=vector</c>. By default what
    /// the environment variable <c>ILGPUCXR_ALGORITHMS</c> says; empty lets each operator choose.
    /// </summary>
    public string Algorithms { get; init; } = Environment.GetEnvironmentVariable(AlgorithmsVariable) ?? "";

    /// <summary>How exactly convolutions and linear layers multiply; by default tf32 where there are tensor cores, else fp32.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Launch CPU kernels through ILGPU's own CPU accelerator instead of the thread pool; see docs/decisions.md.</summary>
    internal bool LaunchThroughIlgpu { get; init; }
}
