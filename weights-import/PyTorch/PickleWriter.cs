using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace IlgpuCxr.WeightsImport;

/// <summary>Writes the one pickle that a state dict needs, with the instructions that torch.save uses.</summary>
internal sealed class PickleWriter
{
    private const byte Mark = (byte)'(', Tuple = (byte)'t', Reduce = (byte)'R', EmptyTuple = (byte)')';

    private readonly ArrayBufferWriter<byte> output = new();

    private PickleWriter()
    {
    }

    /// <summary>The tensors as an OrderedDict; the storage of each has its place in the list as key.</summary>
    public static byte[] WriteStateDict(string path, IReadOnlyList<WeightTensor> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var writer = new PickleWriter();
        writer.Write(0x80, 2);
        writer.WriteOrderedDict();
        writer.Write(Mark);
        for (int i = 0; i < tensors.Count; i++)
        {
            if (!names.Add(tensors[i].Name))
            {
                throw new WeightFormatException(
                    path, $"the tensor name {WeightFormatException.Quote(tensors[i].Name)} is given twice",
                    "give each tensor a name of its own");
            }
            string storageClass = PyTorchObjects.StorageClassOf(tensors[i].DataType)
                ?? throw new WeightFormatException(
                    path, $"tensor {WeightFormatException.Quote(tensors[i].Name)} holds {tensors[i].DataType} elements",
                    "save it as float32 first, or write safetensors");
            writer.WriteText(tensors[i].Name);
            writer.WriteTensor(tensors[i], storageClass, i.ToString(CultureInfo.InvariantCulture));
        }
        writer.Write((byte)'u', (byte)'.');
        return writer.output.WrittenSpan.ToArray();
    }

    private void WriteTensor(WeightTensor tensor, string storageClass, string key)
    {
        WriteGlobal("torch._utils", "_rebuild_tensor_v2");
        Write(Mark);
        Write(Mark);
        WriteText("storage");
        WriteGlobal("torch", storageClass);
        WriteText(key);
        WriteText("cpu");
        WriteNumber(tensor.ElementCount);
        Write(Tuple, (byte)'Q');

        WriteNumber(0);
        WriteTuple(tensor.Shape);
        WriteTuple(StridedStorage.RowMajorStrides(tensor.Shape));
        Write(0x89); // requires_grad is False
        WriteOrderedDict(); // no hooks
        Write(Tuple, Reduce);
    }

    private void WriteOrderedDict()
    {
        WriteGlobal("collections", "OrderedDict");
        Write(EmptyTuple, Reduce);
    }

    private void WriteTuple(IReadOnlyList<long> numbers)
    {
        Write(Mark);
        foreach (long number in numbers)
            WriteNumber(number);
        Write(Tuple);
    }

    private void WriteNumber(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        if (number == (int)number)
        {
            Write((byte)'J');
            output.Write(bytes[..sizeof(int)]);
        }
        else
        {
            Write(0x8A, sizeof(long));
            output.Write(bytes);
        }
    }

    private void WriteText(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        Write((byte)'X');
        output.Write(length);
        output.Write(utf8);
    }

    private void WriteGlobal(string module, string name) =>
        output.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    private void Write(params ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
