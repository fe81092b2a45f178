using ILGPU;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Gradient centralization on a GPU: a row per group, its threads side by side along it.</summary>
internal static class GradientCentralizationGroup
{
    /// <summary>Threads of a group: a row of VGG16 has 27 to 25088 values.</summary>
    public const int Threads = 256;

    /// <summary>A row's mean, taken from it; the second reading finds most rows in the cache.</summary>
    public static void Step(ArrayView<float> gradients, int length)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(Threads);
        long start = (long)Grid.IdxX * length;
        ArrayView<float> row = gradients.SubView(start, length);
        float sum = 0;
        for (int i = Group.IdxX; i < length; i += Threads)
            sum += row[i];
        sums[Group.IdxX] = sum;
        Group.Barrier();
        for (int half = Threads / 2; half > 0; half >>= 1)
        {
            if (Group.IdxX < half)
                sums[Group.IdxX] += sums[Group.IdxX + half];
            Group.Barrier();
        }
        float mean = sums[0] / length;
        for (int i = Group.IdxX; i < length; i += Threads)
            row[i] -= mean;
    }
}
