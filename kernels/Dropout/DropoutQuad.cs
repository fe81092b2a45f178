using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Dropout;

/// <summary>Dropout on a GPU: the four values for which the generator makes words, moved as one.</summary>
internal static class DropoutQuad
{
    /// <summary>Four values of the output, or of the input's gradient.</summary>
    public static void Forward<TElements>(
        Index1D index, ArrayView<float> output, ArrayView<float> input, DropoutFactors factors, ArrayView<int> step)
        where TElements : struct, ITensorElements
    {
        Philox words = DropoutMask.Words(factors.Key, index, step[0]);
        Float4 value = TElements.Read(input, index);
        value.X = words.Word(0) >= factors.Threshold ? value.X * factors.Scale : 0f;
        value.Y = words.Word(1) >= factors.Threshold ? value.Y * factors.Scale : 0f;
        value.Z = words.Word(2) >= factors.Threshold ? value.Z * factors.Scale : 0f;
        value.W = words.Word(3) >= factors.Threshold ? value.W * factors.Scale : 0f;
        TElements.Write(output, index, value);
    }
}
