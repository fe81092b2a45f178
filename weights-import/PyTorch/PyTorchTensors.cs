namespace IlgpuCxr.WeightsImport;

/// <summary>Finds the state dict in what a pickle describes and ties its tensors to the bytes of the file.</summary>
internal sealed class PyTorchTensors(
    InputFile file, IReadOnlyDictionary<string, FileRegion> regions, MemoryBudget budget)
{
    private const int DeepestCheckpoint = 3;

    // Where training scripts put the model's state dict, beside the optimizer's and their own counters.
    private static readonly string[] StateDictKeys = ["state_dict", "model", "model_state_dict"];

    public IReadOnlyList<WeightTensor> Resolve(object? root)
    {
        PickleDictionary stateDict = FindStateDict(root, DeepestCheckpoint)
            ?? throw NoStateDict("is not a dictionary of tensors");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var tensors = new List<WeightTensor>();
        foreach ((object? key, object? value) in stateDict)
        {
            if (key is not string name || value is not PyTorchTensor tensor)
                continue;
            if (!seen.Add(name))
                throw Fail(name, "is there twice");
            tensors.Add(Resolve(name, tensor));
        }
        return tensors.Count > 0
            ? tensors
            : throw NoStateDict("has no tensors at its top, nor under 'state_dict', 'model' or 'model_state_dict'");
    }

    private static PickleDictionary? FindStateDict(object? value, int depth)
    {
        if (value is not PickleDictionary dictionary || depth == 0)
            return null;
        foreach (string key in StateDictKeys)
        {
            object? inner = dictionary.Find(pair => pair.Key is string text && text == key).Value;
            if (FindStateDict(inner, depth - 1) is PickleDictionary stateDict)
                return stateDict;
        }
        return dictionary;
    }

    private WeightTensor Resolve(string name, PyTorchTensor tensor)
    {
        budget.Take(MemoryBudget.BytesPerTensor);
        PyTorchStorage storage = tensor.Storage;
        long elementSize = ElementCodec.BitsPerElement(tensor.DataType) / 8;
        long storageElementSize = storage.DataType is null ? 1 : elementSize;
        if (!regions.TryGetValue(storage.Key, out FileRegion region)
            || (Int128)storage.RootCount * storageElementSize != region.Length)
        {
            throw Fail(name, "has bytes missing from the file");
        }

        if (!ShapeArithmetic.TryCount(tensor.Shape, tensor.DataType, out long elements, out long bytes))
            throw Fail(name, $"has the impossible shape {ShapeArithmetic.Format(tensor.Shape)}");
        long start = region.Start + (storage.Start * storageElementSize);
        if (elements == 0)
            return new WeightTensor(name, tensor.DataType, tensor.Shape, new FileStorage(file, start, 0));

        // A stride of 0 repeats an element: without this limit a small file could describe a tensor of any size.
        if (bytes > file.Length)
            throw Fail(name, $"repeats its elements to {bytes} bytes, more than the file has");
        if (!TryFindLast(tensor, out Int128 last) || (last + 1) * elementSize > storage.Count * storageElementSize)
            throw Fail(name, $"of shape {ShapeArithmetic.Format(tensor.Shape)} reaches outside its storage");

        long first = start + (tensor.Offset * elementSize);
        return IsRowMajor(tensor)
            ? new WeightTensor(name, tensor.DataType, tensor.Shape, new FileStorage(file, first, bytes))
            : new WeightTensor(
                name, tensor.DataType, tensor.Shape,
                new FileStorage(file, first, (long)(last + 1 - tensor.Offset) * elementSize), tensor.Strides);
    }

    private static bool TryFindLast(PyTorchTensor tensor, out Int128 last)
    {
        last = tensor.Offset;
        if (tensor.Offset < 0 || tensor.Strides.Any(stride => stride < 0))
            return false;
        for (int axis = 0; axis < tensor.Shape.Length; axis++)
            last += (Int128)(tensor.Shape[axis] - 1) * tensor.Strides[axis];
        return true;
    }

    private static bool IsRowMajor(PyTorchTensor tensor)
    {
        long expected = 1;
        for (int axis = tensor.Shape.Length - 1; axis >= 0; axis--)
        {
            // The stride of an axis of one element is never taken.
            if (tensor.Shape[axis] != 1 && tensor.Strides[axis] != expected)
                return false;
            expected *= tensor.Shape[axis];
        }
        return true;
    }

    private WeightFormatException Fail(string name, string problem) => new(
        file.Path, $"tensor {WeightFormatException.Quote(name)} {problem}",
        "copy or download it again, or save it anew");

    private WeightFormatException NoStateDict(string problem) =>
        new(file.Path, problem, "save the model's state_dict()");
}
