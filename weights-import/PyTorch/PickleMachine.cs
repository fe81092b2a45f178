using System.Numerics;
using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>A Python dictionary: its pairs in the order they were set.</summary>
/// <remarks>A list, because a hash table could be filled with keys chosen to collide.</remarks>
internal sealed class PickleDictionary : List<KeyValuePair<object?, object?>>;

/// <summary>
/// Python's pickle machine, as far as PyTorch's writers use it: a stack, a memo and one-byte instructions. It makes
/// numbers, texts, lists, tuples (arrays) and dictionaries; whatever else a pickle names is up to
/// <see cref="PyTorchObjects"/>, which knows a short list and refuses the rest, so that no pickle can run code.
/// </summary>
internal sealed class PickleMachine(PickleInput input, PyTorchObjects objects, MemoryBudget budget)
{
    private const int MaximumTextBytes = 1 << 16;

    // An instruction of one byte makes an object of some thirty and a place for it on the stack, which grows by
    // doubling.
    private const int BytesPerInstruction = 64;

    // The same for an item of a list, a tuple or a dictionary.
    private const int BytesPerItem = 48;

    // Two names of a few dozen characters, as they are collected and as they are compared.
    private const int BytesPerLines = 512;

    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly List<object?> memo = [];

    /// <summary>Runs one pickle to its end and returns the object that it describes.</summary>
    public object? Load()
    {
        while (true)
        {
            budget.Take(BytesPerInstruction);
            byte operation = input.ReadByte();
            if (operation == (byte)'.')
                return Pop();
            Execute(operation);
        }
    }

    private void Execute(byte operation)
    {
        switch (operation)
        {
            case 0x80: input.ReadByte(); break; // PROTO
            case 0x95: input.ReadInt64(); break; // FRAME
            case (byte)'(': marks.Add(stack.Count); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': stack.Add(Peek()); break;

            case (byte)'N': stack.Add(null); break;
            case 0x88: stack.Add(true); break;
            case 0x89: stack.Add(false); break;
            case (byte)'K': stack.Add((long)input.ReadByte()); break;
            case (byte)'M': stack.Add((long)input.ReadUInt16()); break;
            case (byte)'J': stack.Add((long)input.ReadInt32()); break;
            case 0x8A: PushLong(new BigInteger(input.ReadBytes(input.ReadByte()))); break;
            case (byte)'G': stack.Add(input.ReadDoubleBigEndian()); break;

            case (byte)'X' or (byte)'T': stack.Add(ReadText((uint)input.ReadInt32())); break;
            case 0x8C or (byte)'U': stack.Add(ReadText(input.ReadByte())); break;
            case 0x8D: stack.Add(ReadText(input.ReadInt64())); break;

            case (byte)']': stack.Add(new List<object?>()); break;
            case (byte)'}': stack.Add(new PickleDictionary()); break;
            case (byte)')': stack.Add(Array.Empty<object?>()); break;
            case (byte)'t': stack.Add(PopToMark()); break;
            case 0x85: stack.Add(PopTuple(1)); break;
            case 0x86: stack.Add(PopTuple(2)); break;
            case 0x87: stack.Add(PopTuple(3)); break;
            case (byte)'a': Append(Pop()); break;
            case (byte)'e': Append(PopToMark()); break;
            case (byte)'s': SetItems(PopTuple(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;

            case (byte)'q': Remember(input.ReadByte()); break;
            case (byte)'r': Remember((uint)input.ReadInt32()); break;
            case 0x94: Remember(memo.Count); break;
            case (byte)'h': stack.Add(Recall(input.ReadByte())); break;
            case (byte)'j': stack.Add(Recall((uint)input.ReadInt32())); break;

            case (byte)'c': FindFromLines(); break;
            case 0x93: FindFromStack(); break;
            case (byte)'R' or 0x81: Call(); break;
            case (byte)'b': Build(); break;
            case (byte)'Q': stack.Add(objects.LoadStorage(Pop<object?[]>())); break;
            default: throw Malformed($"instruction 0x{operation:X2} at byte {input.Position - 1}");
        }
    }

    private void PushLong(BigInteger value) =>
        stack.Add(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value);

    private string ReadText(long byteCount)
    {
        if (byteCount is < 0 or > MaximumTextBytes)
            throw Malformed($"a text of {byteCount} bytes");
        budget.TakeText(byteCount);
        return input.ReadText(byteCount);
    }

    private void Append(params object?[] items) => Peek<List<object?>>().AddRange(items);

    private void SetItems(object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0)
            throw Malformed("a key without a value");
        PickleDictionary dictionary = Peek<PickleDictionary>();
        for (int i = 0; i < keysAndValues.Length; i += 2)
            dictionary.Add(new(keysAndValues[i], keysAndValues[i + 1]));
    }

    private void Remember(long index)
    {
        // Python's own pickler counts up by one, from 0 or 1.
        if (index > memo.Count + 1)
            throw Malformed("a memo out of order");
        while (memo.Count <= index)
            memo.Add(null);
        memo[(int)index] = Peek();
    }

    private object? Recall(long index) => index < memo.Count ? memo[(int)index] : throw Malformed("an unknown memo");

    private void FindFromLines()
    {
        budget.Take(BytesPerLines);
        stack.Add(objects.Find(input.ReadLine(), input.ReadLine()));
    }

    private void FindFromStack()
    {
        string name = Pop<string>();
        stack.Add(objects.Find(Pop<string>(), name));
    }

    private void Call()
    {
        object?[] arguments = Pop<object?[]>();
        object? result = objects.Call(Pop(), arguments);
        if (result is PickleDictionary copy)
            budget.Take((long)copy.Count * BytesPerItem);
        stack.Add(result);
    }

    // State on top of what a call made: an OrderedDict's _metadata, a Parameter's flags. None of it is tensor data.
    private void Build()
    {
        Pop();
        if (Peek() is not (PickleDictionary or PyTorchTensor))
            throw Malformed("state for an object that has none");
    }

    private object?[] PopTuple(int count)
    {
        int start = stack.Count - count;
        if (start < Bottom)
            throw Malformed("too few values");
        return PopFrom(start);
    }

    private object?[] PopToMark()
    {
        int start = Bottom;
        if (marks.Count == 0)
            throw Malformed("no mark");
        marks.RemoveAt(marks.Count - 1);
        return PopFrom(start);
    }

    private object?[] PopFrom(int start)
    {
        budget.Take((long)(stack.Count - start) * BytesPerItem);
        object?[] items = CollectionsMarshal.AsSpan(stack)[start..].ToArray();
        stack.RemoveRange(start, items.Length);
        return items;
    }

    private object? Pop()
    {
        object? top = Peek();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private T Pop<T>() => Pop() is T top ? top : throw Malformed("a value of the wrong kind");

    private object? Peek() => stack.Count > Bottom ? stack[^1] : throw Malformed("too few values");

    private T Peek<T>() => Peek() is T top ? top : throw Malformed("a value of the wrong kind");

    private int Bottom => marks.Count > 0 ? marks[^1] : 0;

    private WeightFormatException Malformed(string what) =>
        new(input.Path, $"is not a well-formed pickle ({what})", "copy or download it again");
}
