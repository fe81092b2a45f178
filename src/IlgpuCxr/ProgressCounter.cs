namespace IlgpuCxr;

/// <summary>Counts what several threads have finished and tells each number once, in rising order.</summary>
internal sealed class ProgressCounter
{
    private readonly Lock gate = new();
    private readonly IProgress<int>? progress;
    private int done;

    /// <summary>Starts with what is finished already, and tells it.</summary>
    public ProgressCounter(IProgress<int>? progress, int done)
    {
        this.progress = progress;
        this.done = done;
        progress?.Report(done);
    }

    /// <summary>One more is finished.</summary>
    public void Add()
    {
        lock (gate)
            progress?.Report(++done);
    }
}
