using System.Runtime.CompilerServices;

namespace IlgpuCxr.Tests.Ptx;

/// <summary>The global memory that a kernel may touch: the views among its arguments, nothing beside them.</summary>
internal sealed unsafe class PtxMemory
{
    private readonly List<(ulong Start, ulong End)> views = [];

    public void Allow(ulong start, ulong bytes) => views.Add((start, start + bytes));

    public ulong Load(ulong address, int bytes)
    {
        byte* at = Checked(address, bytes);
        return bytes switch
        {
            1 => *at,
            2 => *(ushort*)at,
            4 => *(uint*)at,
            _ => *(ulong*)at,
        };
    }

    public void Store(ulong address, int bytes, ulong value)
    {
        byte* at = Checked(address, bytes);
        Unsafe.CopyBlockUnaligned(at, &value, (uint)bytes);
    }

    /// <summary>The address, if an access of so many bytes in all may go there.</summary>
    public byte* Checked(ulong address, int bytes)
    {
        foreach ((ulong start, ulong end) in views)
        {
            if (address >= start && address + (uint)bytes <= end)
                return (byte*)address;
        }
        throw new InvalidOperationException($"{bytes} bytes at {address:x} are outside every argument of the kernel.");
    }
}
