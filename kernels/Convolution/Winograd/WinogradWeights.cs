using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// How forward and backward-data read the weights of a 3x3 convolution, and how the transformed weights lie in memory.
/// </summary>
/// <param name="InChannels">Channels that the pass sums over.</param>
/// <param name="OutChannels">Channels that it computes.</param>
/// <param name="InChannelsPerPass">Input channels whose transformed weights lie in memory together.</param>
/// <param name="Backward">
/// Whether the pass is backward-data, a forward pass from the gradient of the output: the filter is turned by half a
/// turn, and the channels that are contiguous in memory are the output channels.
/// </param>
internal readonly record struct WinogradWeights(int InChannels, int OutChannels, int InChannelsPerPass, bool Backward)
{
    private const int Taps = 9;

    /// <summary>Floats from one element of a transformed block to the next.</summary>
    public int ElementPitch(int columns) => WinogradScratch.Pitch(InChannelsPerPass * columns);

    /// <summary>Floats of all transformed weights.</summary>
    public int Length(int elements, int columns) =>
        Sizes.Countable((long)Ceiling.Divide(OutChannels, columns) * elements * ElementPitch(columns));

    /// <summary>Copies some weights into <c>[input channel, tap, columns]</c>.</summary>
    /// <remarks>
    /// Reading along the weights' last dimension uses whole cache lines. The next call's are asked for ahead: a line
    /// here and there.
    /// </remarks>
    public unsafe void Gather(
        float* destination, float* weights, int firstInChannel, int inChannels, int firstOutChannel, int outChannels,
        int columns)
    {
        if (Backward)
            GatherBackwardData(
                destination, weights + (long)firstInChannel * Taps * OutChannels + firstOutChannel, inChannels,
                outChannels, columns);
        else
            GatherForward(
                destination, weights + (long)firstOutChannel * Taps * InChannels + firstInChannel, inChannels,
                outChannels, columns);
    }

    // From [output channel, tap, input channel].
    private unsafe void GatherForward(
        float* destination, float* weights, int inChannels, int outChannels, int columns)
    {
        for (int k = 0; k < outChannels; k++)
        {
            for (int tap = 0; tap < Taps; tap++, weights += InChannels)
            {
                CpuMemory.Prefetch(weights + inChannels);
                float* to = destination + tap * columns + k;
                for (int c = 0; c < inChannels; c++, to += Taps * columns)
                    *to = weights[c];
            }
        }
    }

    // From [input channel, tap, output channel], the filter turned by half a turn.
    private unsafe void GatherBackwardData(
        float* destination, float* weights, int inChannels, int outChannels, int columns)
    {
        nint next = (nint)inChannels * Taps * OutChannels;
        for (int c = 0; c < inChannels; c++, destination += Taps * columns)
        {
            for (int tap = Taps - 1; tap >= 0; tap--, weights += OutChannels)
            {
                CpuMemory.Prefetch(weights + next);
                new Span<float>(weights, outChannels).CopyTo(new Span<float>(destination + tap * columns, outChannels));
            }
        }
    }
}
