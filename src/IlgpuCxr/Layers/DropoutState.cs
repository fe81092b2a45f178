namespace IlgpuCxr.Layers;

/// <summary>What decides which values a network's dropout layers drop, apart from the layer: the same numbers drop the same values on every device.</summary>
/// <remarks>One object a network, which its layers share and the training step counts up: nothing is global, and a resumed run goes on in the same sequence.</remarks>
public sealed class DropoutState
{
    /// <summary>The run's seed.</summary>
    public long Seed { get; set; }

    /// <summary>Number of the training step.</summary>
    public int Step { get; set; }
}
