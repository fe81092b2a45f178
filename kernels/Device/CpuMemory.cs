using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Plain pointers for the CPU's vector kernels.</summary>
internal static unsafe class CpuMemory
{
    /// <summary>
    /// The address of a view's first element. Indexing a view checks bounds and costs about 4 ns on the CPU; a vector
    /// kernel takes the address once a call.
    /// </summary>
    public static T* Pointer<T>(this ArrayView<T> view)
        where T : unmanaged =>
        view.Length == 0 ? null : (T*)view.LoadEffectiveAddressAsPtr();
}
