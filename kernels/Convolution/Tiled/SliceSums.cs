using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Adds up the shares that the slices of a depth have of each result, always in the same order.</summary>
internal static class SliceSums
{
    /// <summary>
    /// Results of a group of <see cref="AddMany"/>, and the threads that add up the slices of each: one in each row of
    /// the group.
    /// </summary>
    public const int ResultsPerGroup = 32, ThreadsPerResult = 8;

    /// <summary>Slices from which on <see cref="AddMany"/> adds them: two for each thread.</summary>
    public const int Many = 2 * ThreadsPerResult;

    /// <summary>
    /// How <see cref="AddMany"/> is compiled: eight groups fill a multiprocessor's 2048 threads, at 32 registers per
    /// thread.
    /// </summary>
    public static KernelSpecialization Specialization => new(ResultsPerGroup * ThreadsPerResult, 8);

    /// <summary>Room for the slices' shares; null where there is one slice.</summary>
    public static Tensor? Rent(ComputeDevice device, TiledPlan plan) =>
        plan.Slices == 1 ? null : device.Arena.Rent(new TensorShape(1, plan.Slices, plan.Rows, plan.Columns));

    /// <summary>
    /// Launches <see cref="Add"/>, or <see cref="AddMany"/> where there are many slices, and releases the shares.
    /// Results of bfloat16, outputs and inputs' gradients, have few: at batch 64 mostly one, of a single image up to
    /// 18.
    /// </summary>
    public static void AddAll<TResult>(
        ComputeDevice device, TResult result, Tensor? partial, TiledPlan plan, bool isBFloat16)
        where TResult : struct, ITiledResult
    {
        if (partial is null)
            return;
        int count = plan.Rows * plan.Columns;
        if (isBFloat16)
            device.Launch(
                Add<TwoBFloat16, TResult>, count / TwoBFloat16.Count, result, partial.View,
                new FastDivisor(plan.Columns / TwoBFloat16.Count), plan);
        else if (plan.Slices < Many)
            device.Launch(
                Add<OneSingle, TResult>, count, result, partial.View, new FastDivisor(plan.Columns), plan);
        else
            device.LaunchGrouped(
                AddMany<TResult>, new Index2D(Ceiling.Divide(count, ResultsPerGroup), 1), Specialization, result,
                partial.View, new FastDivisor(plan.Columns), plan);
        partial.Release();
    }

    /// <summary>An element of the result, or two neighbours: the slices' shares, from first to last.</summary>
    public static void Add<TElements, TResult>(
        Index1D index, TResult result, ArrayView<float> partial, FastDivisor byColumns, TiledPlan plan)
        where TElements : struct, ISliceElements
        where TResult : struct, ITiledResult
    {
        Float2 sum = default;
        for (int slice = 0; slice < plan.Slices; slice++)
            sum += TElements.ReadShare(partial, slice * plan.Rows * byColumns.Divisor + index);
        Store<TElements, TResult>(result, index, sum, byColumns);
    }

    /// <summary>32 elements of the result.</summary>
    /// <remarks>
    /// A product has many slices where it has few results. With one thread for each result most multiprocessors would
    /// be idle, and the others would wait for one share after the other.
    /// </remarks>
    public static void AddMany<TResult>(
        TResult result, ArrayView<float> partial, FastDivisor byColumns, TiledPlan plan)
        where TResult : struct, ITiledResult
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(ResultsPerGroup * ThreadsPerResult);
        int local = Group.IdxX & ResultsPerGroup - 1, row = Group.IdxX / ResultsPerGroup;
        int index = Grid.IdxX * ResultsPerGroup + local, count = plan.Rows * plan.Columns;
        float sum = 0;
        if (index < count)
        {
            // Four reads are under way before the first is used, so that memory's latency is waited for once and not
            // four times.
            for (int slice = row; slice < plan.Slices; slice += 4 * ThreadsPerResult)
            {
                float first = partial[slice * count + index];
                float second = Read(partial, slice + ThreadsPerResult, index, count, plan);
                float third = Read(partial, slice + 2 * ThreadsPerResult, index, count, plan);
                float fourth = Read(partial, slice + 3 * ThreadsPerResult, index, count, plan);
                sum = sum + first + second + third + fourth;
            }
        }
        sums[Group.IdxX] = sum;
        Group.Barrier();
        if (row != 0 | index >= count)
            return;
        for (int other = 1; other < ThreadsPerResult; other++)
            sum += sums[other * ResultsPerGroup + local];
        Float2 whole = default;
        whole.X = sum;
        Store<OneSingle, TResult>(result, index, whole, byColumns);
    }

    // Past the end the last slice is read and not used: a branch around the read would keep it from starting early.
    private static float Read(ArrayView<float> partial, int slice, int index, int count, TiledPlan plan)
    {
        float share = partial[Math.Min(slice, plan.Slices - 1) * count + index];
        return slice < plan.Slices ? share : 0f;
    }

    private static void Store<TElements, TResult>(TResult result, int index, Float2 sum, FastDivisor byColumns)
        where TElements : struct, ISliceElements
        where TResult : struct, ITiledResult
    {
        int row = byColumns.Divide(index, out int columnIndex), column = columnIndex * TElements.Count;
        int offset = result.Offset(row), place = offset + result.Column(column);
        if (result.HasAddend)
        {
            int addend = result.AddendOffset(offset) + column;
            sum += TResult.AddsToResult
                ? TElements.Read(result.Addend, addend)
                : TElements.ReadBias(result.Addend, addend);
        }
        Float2 mask = result.HasMask ? TElements.Read(result.Mask, place) : default;
        TElements.Write(result.View, place, result.Finish(sum, mask));
    }
}
