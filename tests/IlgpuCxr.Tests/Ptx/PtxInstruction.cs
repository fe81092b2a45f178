namespace IlgpuCxr.Tests.Ptx;

/// <summary>What happens to a thread at an instruction.</summary>
internal enum PtxStep
{
    /// <summary>It computes and goes on.</summary>
    Compute,

    /// <summary>It goes on at <see cref="PtxInstruction.Target"/>.</summary>
    Branch,

    /// <summary>It waits for the other threads of its warp, which compute together.</summary>
    Warp,

    /// <summary>It waits for the other threads of its warpgroup, which compute together.</summary>
    Warpgroup,

    /// <summary>It waits for the other threads of its group.</summary>
    Barrier,

    /// <summary>It ends.</summary>
    Return,
}

/// <summary>A decoded instruction.</summary>
internal sealed record PtxInstruction(PtxStep Step, string Text)
{
    /// <summary>The predicate that must hold, or -1.</summary>
    public int Guard { get; init; } = -1;

    /// <summary>Whether the predicate must not hold instead.</summary>
    public bool IsNegated { get; init; }

    public int Target { get; set; }

    public Action<PtxThread>? Compute { get; init; }

    /// <summary>What the threads of a warp or of a warpgroup compute.</summary>
    public Action<ReadOnlySpan<PtxThread>>? ComputeTogether { get; init; }
}
