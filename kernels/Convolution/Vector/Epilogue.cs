using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// What becomes of a sum on the CPU before it is written, so that none of it costs another trip to memory.
/// </summary>
/// <param name="Bias"><c>[channels]</c>, or empty for none.</param>
/// <param name="Accumulate">Whether to add to what the result holds.</param>
/// <param name="Relu">Whether ReLU follows.</param>
/// <param name="Activation">As long as the result, or empty for none.</param>
/// <remarks>
/// <code>
/// result[i] = act(sum + bias[channel] + result[i])        each addend only where there is one
/// act(x)    = x, or x ≤ 0 ? 0 : x, or activation[i] ≤ 0 ? 0 : x
/// </code>
/// The GPU's kernels do the same through an <see cref="ITiledResult"/>: what a type of result never has is left out
/// when the kernel is compiled; what a launch may have (bias, ReLU, a sum with what is there, a mask) is asked once a
/// row.
/// </remarks>
internal readonly record struct Epilogue(
    ArrayView<float> Bias, bool Accumulate, bool Relu, ArrayView<float> Activation);

/// <summary>Writes sums with an <see cref="Epilogue"/>.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
internal readonly unsafe struct EpilogueWriter<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private readonly float* bias;
    private readonly bool accumulate;
    private readonly bool relu;
    private readonly bool masks;
    private readonly nint activation;

    public EpilogueWriter(ArrayView<float> result, in Epilogue epilogue)
    {
        bias = epilogue.Bias.Length > 0 ? epilogue.Bias.Pointer() : null;
        accumulate = epilogue.Accumulate;
        relu = epilogue.Relu;
        masks = epilogue.Activation.Length > 0;
        activation = masks ? (nint)(epilogue.Activation.Pointer() - result.Pointer()) : 0;
    }

    /// <summary>Writes the sums of neighbouring channels of a pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(float* destination, float* sums, int channel, int count)
    {
        int i = 0;
        for (; i <= count - TMath.Count; i += TMath.Count)
        {
            TVector value = TMath.Load(sums + i);
            if (bias != null)
                value = TMath.Add(value, TMath.Load(bias + channel + i));
            if (accumulate)
                value = TMath.Add(value, TMath.Load(destination + i));
            if (relu)
                value = TMath.Masked(value, value);
            if (masks)
                value = TMath.Masked(value, TMath.Load(destination + i + activation));
            TMath.Store(value, destination + i);
        }
        for (; i < count; i++)
        {
            float value = sums[i];
            if (bias != null)
                value += bias[channel + i];
            if (accumulate)
                value += destination[i];
            if (relu && value <= 0 || masks && destination[i + activation] <= 0)
                value = 0;
            destination[i] = value;
        }
    }
}
