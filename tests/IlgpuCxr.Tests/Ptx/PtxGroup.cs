namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// A group of threads with its shared memory: runs each thread until it must wait, then what they wait for.
/// </summary>
internal sealed class PtxGroup
{
    private const int WarpSize = 32;

    private readonly PtxProgram program;
    private readonly PtxThread[] threads;

    public PtxGroup(
        PtxProgram program, PtxMemory global, byte[] parameters, int size, (int X, int Y) grid, (int X, int Y) index)
    {
        this.program = program;
        Index = index.Y * grid.X + index.X;
        Global = global;
        Parameters = parameters;
        Shared = new PtxSharedMemory(program.SharedBytes, size);
        Warpgroups = [.. Enumerable.Range(0, size / PtxWarpgroup.Size).Select(_ => new PtxWarpgroup())];
        ulong[] registers = program.NewRegisters(new Dictionary<string, int>
        {
            ["%ntid.x"] = size,
            ["%ntid.y"] = 1,
            ["%ctaid.x"] = index.X,
            ["%ctaid.y"] = index.Y,
            ["%nctaid.x"] = grid.X,
            ["%nctaid.y"] = grid.Y,
        });
        threads =
        [
            .. Enumerable.Range(0, size).Select(
                thread => new PtxThread { Index = thread, Group = this, Registers = [.. registers] }),
        ];
        if (program.PlaceOf("%tid.x") is { } place)
        {
            foreach (PtxThread thread in threads)
                thread.Registers[place] = (uint)thread.Index;
        }
    }

    /// <summary>Its number among all groups.</summary>
    public int Index { get; }

    /// <summary>Barriers that its threads have met at.</summary>
    public int Epoch { get; private set; }

    public PtxMemory Global { get; }

    public PtxSharedMemory Shared { get; }

    public byte[] Parameters { get; }

    public PtxWarpgroup[] Warpgroups { get; }

    public void Run()
    {
        while (true)
        {
            foreach (PtxThread thread in threads)
                RunUntilItWaits(thread);
            if (threads.All(thread => thread.Waiting == PtxStep.Return))
                return;
            if (threads.All(thread => thread.Waiting is PtxStep.Barrier or PtxStep.Return))
            {
                foreach (PtxThread[] warp in threads.Chunk(WarpSize))
                    CheckAtTheSame(warp);
                Epoch++;
                foreach (PtxThread thread in threads.Where(thread => thread.Waiting == PtxStep.Barrier))
                    Resume(thread);
                continue;
            }
            if (!RunTogether(PtxStep.Warp, WarpSize) && !RunTogether(PtxStep.Warpgroup, PtxWarpgroup.Size))
                throw NotAll(threads.First(thread => thread.Waiting is PtxStep.Warp or PtxStep.Warpgroup));
        }
    }

    private void RunUntilItWaits(PtxThread thread)
    {
        while (thread.Waiting == PtxStep.Compute)
        {
            PtxInstruction instruction = program.Instructions[thread.Counter];
            if (instruction.Guard >= 0 && (thread.Registers[instruction.Guard] != 0) == instruction.IsNegated)
            {
                thread.Counter++;
                continue;
            }
            switch (instruction.Step)
            {
                case PtxStep.Compute:
                    instruction.Compute!(thread);
                    thread.Counter++;
                    break;
                case PtxStep.Branch:
                    thread.Counter = instruction.Target;
                    break;
                default:
                    thread.Waiting = instruction.Step;
                    break;
            }
        }
    }

    /// <summary>
    /// Runs the warps or warpgroups all of whose threads have come to an instruction of theirs; false if there are
    /// none.
    /// </summary>
    private bool RunTogether(PtxStep step, int size)
    {
        bool hasRun = false;
        for (int first = 0; first + size <= threads.Length; first += size)
        {
            var together = new ReadOnlySpan<PtxThread>(threads, first, size);
            if (!All(together, step))
                continue;
            foreach (PtxThread thread in together)
            {
                if (thread.Counter != together[0].Counter)
                    throw NotAll(thread);
            }
            program.Instructions[together[0].Counter].ComputeTogether!(together);
            foreach (PtxThread thread in together)
                Resume(thread);
            hasRun = true;
        }
        return hasRun;
    }

    // bar.sync is barrier.sync.aligned.
    private void CheckAtTheSame(PtxThread[] warp)
    {
        if (warp.FirstOrDefault(thread => thread.Waiting == PtxStep.Barrier) is not { } waiting)
            return;
        if (warp.Any(thread => thread.Waiting != PtxStep.Barrier || thread.Counter != waiting.Counter))
            throw NotAll(waiting);
    }

    private static bool All(ReadOnlySpan<PtxThread> together, PtxStep step)
    {
        foreach (PtxThread thread in together)
        {
            if (thread.Waiting != step)
                return false;
        }
        return true;
    }

    private InvalidOperationException NotAll(PtxThread thread) =>
        new($"Not all threads of a warp or warpgroup take part in '{program.Instructions[thread.Counter].Text}'.");

    private static void Resume(PtxThread thread)
    {
        thread.Waiting = PtxStep.Compute;
        thread.Counter++;
    }
}
