using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.SelfTest;

/// <summary>Uploads for which nobody waits.</summary>
internal static class TransferChecks
{
    // More than the memory that is used in turn: some of it is used again while an earlier upload may be on its way.
    private const int Uploads = 12;

    /// <summary>
    /// Several arrays uploaded to one place, each copied from there before the next: how many elements of the copies
    /// are not of their upload.
    /// </summary>
    public static double UploadsInTurn(ComputeDevice device, int count)
    {
        using DeviceBuffer<int> place = device.Allocate<int>(count), copies = device.Allocate<int>(count * Uploads);
        var sent = new int[count];
        for (int i = 0; i < Uploads; i++)
        {
            // One array for all: what is on its way must not change with it.
            for (int j = 0; j < count; j++)
                sent[j] = Element(i, j);
            device.Upload<int>(place.View, sent);
            device.Copy(copies.View.SubView(i * count, count), place.View);
        }
        int[] found = device.Download(copies.View);
        return found.Where((value, k) => value != Element(k / count, k % count)).Count();
    }

    private static int Element(int upload, int index) => unchecked((upload + 1) * 0x2545F491 + index);
}
