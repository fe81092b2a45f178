namespace IlgpuCxr.Data;

/// <summary>How batches are made.</summary>
public sealed record ImageBatchOptions
{
    /// <summary>Images in a batch; the last batch of a pass may have fewer.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Rows and columns of the network's input.</summary>
    public required int Size { get; init; }

    /// <summary>What becomes of the images.</summary>
    public ImageTransforms Transforms { get; init; }

    /// <summary>Whether an unreadable image ends the run; otherwise it is left out.</summary>
    public bool Strict { get; init; }

    /// <summary>Threads that decode. The batches do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
