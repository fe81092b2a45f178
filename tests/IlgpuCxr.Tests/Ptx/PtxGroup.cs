namespace IlgpuCxr.Tests.Ptx;

/// <summary>A group of threads with its shared memory: runs each thread until it must wait, then what they wait for.</summary>
internal sealed class PtxGroup
{
    private const int WarpSize = 32;

    private readonly PtxProgram program;
    private readonly PtxThread[] threads;

    public PtxGroup(PtxProgram program, PtxMemory global, byte[] parameters, int size, (int X, int Y) grid, (int X, int Y) index)
    {
        this.program = program;
        Global = global;
        Parameters = parameters;
        Shared = new PtxSharedMemory(program.SharedBytes);
        ulong[] registers = program.NewRegisters(new Dictionary<string, int>
        {
            ["%ntid.x"] = size,
            ["%ntid.y"] = 1,
            ["%ctaid.x"] = index.X,
            ["%ctaid.y"] = index.Y,
            ["%nctaid.x"] = grid.X,
            ["%nctaid.y"] = grid.Y,
        });
        threads = [.. Enumerable.Range(0, size).Select(thread => new PtxThread { Index = thread, Group = this, Registers = [.. registers] })];
        if (program.PlaceOf("%tid.x") is { } place)
        {
            foreach (PtxThread thread in threads)
                thread.Registers[place] = (uint)thread.Index;
        }
    }

    public PtxMemory Global { get; }

    public PtxSharedMemory Shared { get; }

    public byte[] Parameters { get; }

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
                Shared.NextEpoch();
                foreach (PtxThread thread in threads.Where(thread => thread.Waiting == PtxStep.Barrier))
                    Resume(thread);
                continue;
            }
            for (int first = 0; first < threads.Length; first += WarpSize)
                RunWarp(threads.AsSpan(first, Math.Min(WarpSize, threads.Length - first)));
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

    private void RunWarp(ReadOnlySpan<PtxThread> warp)
    {
        if (warp[0].Waiting != PtxStep.Warp)
            return;
        PtxInstruction instruction = program.Instructions[warp[0].Counter];
        foreach (PtxThread thread in warp)
        {
            if (thread.Waiting != PtxStep.Warp || thread.Counter != warp[0].Counter || warp.Length != WarpSize)
                throw new InvalidOperationException($"Not all threads of a warp take part in '{instruction.Text}'.");
        }
        instruction.ComputeWarp!(warp);
        foreach (PtxThread thread in warp)
            Resume(thread);
    }

    private static void Resume(PtxThread thread)
    {
        thread.Waiting = PtxStep.Compute;
        thread.Counter++;
    }
}
