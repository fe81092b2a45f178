using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// A kernel's PTX, decoded: the part of the language that this project's kernels use, after NVIDIA's PTX ISA 8.0.
/// </summary>
internal sealed partial class PtxProgram
{
    private readonly Dictionary<string, int> registers = [];
    private readonly Dictionary<int, ulong> constants = [];
    private readonly Dictionary<string, int> parameterOffsets = [];
    private readonly Dictionary<string, int> sharedOffsets = [];
    private readonly Dictionary<string, int> labels = [];
    private readonly List<PtxInstruction> instructions = [];
    private readonly List<(PtxInstruction Branch, string Label)> branches = [];

    public PtxProgram(string text)
    {
        Match entry = Entry().Match(text);
        Parameters = [.. Parameter().Matches(entry.Groups[1].Value).Select(DeclareParameter)];
        foreach (string line in entry.Groups[2].Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            Decode(line);
        foreach ((PtxInstruction branch, string label) in branches)
            branch.Target = labels[label];
    }

    public IReadOnlyList<PtxInstruction> Instructions => instructions;

    /// <summary>The place and size of each parameter among the bytes of all.</summary>
    public IReadOnlyList<(int Offset, int Size)> Parameters { get; }

    public int ParameterBytes { get; private set; }

    public int SharedBytes { get; private set; }

    /// <summary>The place of a register among a thread's, or null where the program does not use it.</summary>
    public int? PlaceOf(string register) => registers.TryGetValue(register, out int at) ? at : null;

    /// <summary>A thread's registers as it starts.</summary>
    public ulong[] NewRegisters(Dictionary<string, int> special)
    {
        var values = new ulong[registers.Count + constants.Count];
        foreach ((int at, ulong value) in constants)
            values[at] = value;
        foreach ((string name, int value) in special)
        {
            if (registers.TryGetValue(name, out int at))
                values[at] = (uint)value;
        }
        return values;
    }

    private (int Offset, int Size) DeclareParameter(Match match)
    {
        int size = match.Groups[3].Success ? Number(match.Groups[3].Value) : Number(match.Groups[1].Value) / 8;
        // All that a kernel takes is aligned to eight bytes at most.
        int offset = (ParameterBytes + 7) / 8 * 8;
        parameterOffsets[match.Groups[2].Value] = offset;
        ParameterBytes = offset + size;
        return (offset, size);
    }

    private void Decode(string line)
    {
        if (Label().Match(line) is { Success: true } label)
        {
            labels[label.Groups[1].Value] = instructions.Count;
        }
        else if (SharedArray().Match(line) is { Success: true } shared)
        {
            // At a multiple of its alignment that is none of more, for a GPU promises nothing else.
            int alignment = Number(shared.Groups[1].Value);
            int start = ((SharedBytes + alignment - 1) / alignment | 1) * alignment;
            sharedOffsets[shared.Groups[2].Value] = start;
            SharedBytes = start + Number(shared.Groups[3].Value);
        }
        else if (!line.StartsWith('.') || line.StartsWith(".shared", StringComparison.Ordinal))
        {
            Match statement = Statement().Match(line);
            if (!statement.Success)
                throw Unknown(line);
            string[] operands = [.. Operand().Matches(statement.Groups[4].Value).Select(match => match.Value)];
            PtxInstruction instruction = Instruction(statement.Groups[3].Value, operands, line);
            if (statement.Groups[2].Success)
                instruction = instruction with
                {
                    Guard = Register(statement.Groups[2].Value),
                    IsNegated = statement.Groups[1].Value == "!",
                };
            if (instruction.Step == PtxStep.Branch)
                branches.Add((instruction, operands[0]));
            instructions.Add(instruction);
        }
    }

    private PtxInstruction Instruction(string name, string[] operands, string text)
    {
        string[] parts = name.Split('.');
        switch (parts[0])
        {
            case "bra":
                return new PtxInstruction(PtxStep.Branch, text);
            case "ret":
                return new PtxInstruction(PtxStep.Return, text);
            case "bar":
                return new PtxInstruction(PtxStep.Barrier, text);
            case "mma":
                return new PtxInstruction(PtxStep.Warp, text)
                {
                    ComputeTogether = PtxWarp.Multiply(
                        name.Contains("tf32"), Registers(operands[0]), Registers(operands[1]), Registers(operands[2]),
                        Registers(operands[3])),
                };
            case "ldmatrix":
                return new PtxInstruction(PtxStep.Warp, text)
                {
                    ComputeTogether = PtxWarp.LoadMatrices(
                        name.Contains(".trans"), Registers(operands[0]), Address(operands[1]).Base),
                };
            case "shfl" when parts[1..] is ["sync", "bfly", "b32"] && operands[3..] is ["31", "4294967295"]:
                return new PtxInstruction(PtxStep.Warp, text)
                {
                    ComputeTogether = PtxWarp.Shuffle(
                        Register(operands[0]), Register(operands[1]), Number(operands[2])),
                };
            case "wgmma":
                return new PtxInstruction(PtxStep.Warpgroup, text) { ComputeTogether = Warpgroup(parts, operands) };
            case "fence":
                return new PtxInstruction(PtxStep.Compute, text)
                {
                    Compute = thread => thread.Group.Shared.Fence(thread.Index),
                };
            case "ld":
                return new PtxInstruction(PtxStep.Compute, text) { Compute = Load(parts, operands) };
            case "st":
                return new PtxInstruction(PtxStep.Compute, text) { Compute = Store(parts, operands) };
            case "cp":
                return new PtxInstruction(PtxStep.Compute, text) { Compute = AsynchronousCopy(name, operands) };
            default:
                int[] values = [.. operands.Select(Register)];
                return new PtxInstruction(PtxStep.Compute, text) { Compute = PtxArithmetic.Decode(name, values) };
        }
    }

    private Action<ReadOnlySpan<PtxThread>> Warpgroup(string[] parts, string[] operands)
    {
        switch (parts[1])
        {
            case "fence":
                return PtxWarpgroup.Fence();
            case "commit_group":
                return PtxWarpgroup.Commit();
            case "wait_group" when operands[0] == "0":
                return PtxWarpgroup.AwaitAll();
            // The sums are added to, neither factor's sign is turned, 16 bits are read along the depth.
            case "mma_async" when parts[^1] == "tf32"
                ? operands[3..] is ["1", "1", "1"]
                : operands[3..] is ["1", "1", "1", "0"]:
                return PtxWarpgroup.Multiply(
                    parts[^1] == "tf32", Number(Columns().Match(parts[4]).Groups[1].Value), Registers(operands[0]),
                    Registers(operands[1]), Register(operands[2]));
            default:
                throw Unknown(string.Join('.', parts));
        }
    }

    private Action<PtxThread> Load(string[] parts, string[] operands)
    {
        int[] results = Registers(operands[0]);
        int bytes = Number(Width().Match(parts[^1]).Value) / 8;
        (int register, uint offset) = Address(operands[1]);
        Func<PtxThread, ulong, ulong> read = parts[1] switch
        {
            "param" => (thread, address) => Little(thread.Group.Parameters.AsSpan((int)address, bytes)),
            "global" => (thread, address) => thread.Group.Global.Load(address, bytes, thread),
            "shared" => (thread, address) => thread.Group.Shared.Load(address, thread),
            _ => throw Unknown(string.Join('.', parts)),
        };
        return thread =>
        {
            ulong address = thread.Registers[register] + offset;
            CheckAlignment(address, bytes * results.Length);
            for (int i = 0; i < results.Length; i++)
                thread.Registers[results[i]] = read(thread, address + (uint)(i * bytes));
        };
    }

    private Action<PtxThread> Store(string[] parts, string[] operands)
    {
        (int register, uint offset) = Address(operands[0]);
        int[] values = Registers(operands[1]);
        int bytes = Number(Width().Match(parts[^1]).Value) / 8;
        Action<PtxThread, ulong, ulong> write = parts[1] switch
        {
            "global" => (thread, address, value) => thread.Group.Global.Store(address, bytes, value, thread),
            "shared" => (thread, address, value) => thread.Group.Shared.Store(address, (uint)value, thread),
            _ => throw Unknown(string.Join('.', parts)),
        };
        return thread =>
        {
            ulong address = thread.Registers[register] + offset;
            CheckAlignment(address, bytes * values.Length);
            for (int i = 0; i < values.Length; i++)
                write(thread, address + (uint)(i * bytes), thread.Registers[values[i]]);
        };
    }

    private Action<PtxThread> AsynchronousCopy(string name, string[] operands)
    {
        if (name == "cp.async.commit_group")
        {
            return thread =>
            {
                thread.Committed.Enqueue(thread.Copies);
                thread.Copies = [];
            };
        }
        if (name == "cp.async.wait_group")
        {
            int pending = Number(operands[0]);
            return thread =>
            {
                while (thread.Committed.Count > pending)
                    thread.Committed.Dequeue().ForEach(copy => thread.Group.Shared.EndCopy(copy, thread));
            };
        }
        (int destination, _) = Address(operands[0]);
        (int source, _) = Address(operands[1]);
        int size = Number(operands[2]), wanted = Register(operands[3]);
        return thread =>
        {
            ulong from = thread.Registers[source], to = thread.Registers[destination];
            CheckAlignment(from, size);
            CheckAlignment(to, size);
            var bytes = new byte[size];
            int count = (int)thread.Registers[wanted];
            if (count > 0)
                thread.Group.Global.Read(from, bytes.AsSpan(0, count), thread);
            var copy = new PtxCopy((uint)to, bytes);
            thread.Group.Shared.BeginCopy(copy, thread);
            thread.Copies.Add(copy);
        };
    }

    private static void CheckAlignment(ulong address, int bytes)
    {
        if (address % (uint)bytes != 0)
            throw new InvalidOperationException($"An access of {bytes} bytes at {address:x} is not aligned.");
    }

    private (int Base, uint Offset) Address(string operand)
    {
        string[] parts = operand.Trim('[', ']').Split('+');
        uint offset = parts.Length > 1 ? (uint)Number(parts[1]) : 0;
        return (parameterOffsets.TryGetValue(parts[0], out int parameter) ? Constant((ulong)parameter) : Register(parts[0]), offset);
    }

    private int[] Registers(string operand) =>
        [.. operand.Trim('{', '}').Split(',', StringSplitOptions.TrimEntries).Select(Register)];

    /// <summary>The place of a register, a constant or an address among a thread's registers.</summary>
    private int Register(string operand)
    {
        if (sharedOffsets.TryGetValue(operand, out int shared))
            return Constant((ulong)shared);
        if (operand.StartsWith("0f", StringComparison.Ordinal))
            return Constant(uint.Parse(operand.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        if (operand[0] == '-')
            return Constant((ulong)long.Parse(operand, CultureInfo.InvariantCulture));
        if (operand[0] is >= '0' and <= '9')
            return Constant(ulong.Parse(operand, CultureInfo.InvariantCulture));
        if (!operand.StartsWith('%'))
            throw Unknown(operand);
        if (!registers.TryGetValue(operand, out int at))
        {
            at = registers.Count + constants.Count;
            registers[operand] = at;
        }
        return at;
    }

    private int Constant(ulong value)
    {
        int at = registers.Count + constants.Count;
        constants[at] = value;
        return at;
    }

    private static ulong Little(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
            value = value << 8 | bytes[i];
        return value;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static NotSupportedException Unknown(string what) => new($"The interpreter does not know '{what}'.");

    [GeneratedRegex(@"\.entry \w+\((.*?)\)[^{]*\{(.*?)\n\}", RegexOptions.Singleline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\.param (?:\.align \d+ )?\.[bfsu](\d+) (\w+)(?:\[(\d+)\])?")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^(\w+):$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\.shared \.align (\d+) .*?(\w+)\[(\d+)\];$")]
    private static partial Regex SharedArray();

    [GeneratedRegex(@"^(?:@(!?)(%\w+)\s+)?([\w.:]+)\s*(.*);$")]
    private static partial Regex Statement();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|[^,\s]+")]
    private static partial Regex Operand();

    [GeneratedRegex(@"^m64n(\d+)k")]
    private static partial Regex Columns();

    [GeneratedRegex(@"\d+$")]
    private static partial Regex Width();
}
