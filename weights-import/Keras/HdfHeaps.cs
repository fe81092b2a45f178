namespace IlgpuCxr.WeightsImport;

/// <summary>
/// The heaps (specification III.E) that attributes keep texts of any length in. Each is read once, because hundreds of
/// names can be in one.
/// </summary>
internal sealed class HdfHeaps(HdfInput input)
{
    private const int HeadBytes = 16;

    // Its bytes' place, and its own in the table, which grows by doubling.
    private const int BytesPerItem = 192;

    private readonly Dictionary<long, Dictionary<uint, HdfBytes>> heaps = [];

    /// <summary>The text of so many bytes that has a number in the heap at an address.</summary>
    public string Text(long address, uint number, long length)
    {
        if (!heaps.TryGetValue(address, out Dictionary<uint, HdfBytes>? items))
            heaps.Add(address, items = Read(address));
        return items.TryGetValue(number, out HdfBytes? item)
            ? item.Copy().Text(length)
            : throw input.Malformed($"no text {number} in the heap at byte {address}");
    }

    private Dictionary<uint, HdfBytes> Read(long address)
    {
        HdfBytes head = input.Read(address, HeadBytes, "GCOL"u8);
        head.Skip(4);
        HdfBytes heap = input.Read(address + HeadBytes, head.Int64() - HeadBytes);
        var items = new Dictionary<uint, HdfBytes>();
        while (heap.Left >= HeadBytes)
        {
            uint number = heap.UInt16();
            heap.Skip(6);
            long size = heap.Int64();

            // What is free, up to the end.
            if (number == 0)
                break;
            input.Budget.Take(BytesPerItem);
            items.TryAdd(number, heap.TakePart(size));
            heap.Skip(-size & 7);
        }
        return items;
    }
}
