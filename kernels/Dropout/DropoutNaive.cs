using ILGPU;

namespace IlgpuCxr.Kernels.Dropout;

/// <summary>
/// Dropout, four values per index because the generator makes four words at a time; what it takes is small beside the
/// layers around it.
/// </summary>
internal static class DropoutNaive
{
    /// <summary>The values <c>4 index … 4 index + 3</c> of the output, or of the input's gradient.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, DropoutFactors factors, ArrayView<int> step)
    {
        Philox words = DropoutMask.Words(factors.Key, index, step[0]);
        for (int w = 0; w < 4; w++)
        {
            int i = 4 * index + w;
            if (i < output.IntLength)
                output[i] = words.Word(w) >= factors.Threshold ? input[i] * factors.Scale : 0;
        }
    }

    /// <summary>Writes the number of a step; launched with one index.</summary>
    public static void SetStep(Index1D index, ArrayView<int> step, int number) => step[index] = number;
}
