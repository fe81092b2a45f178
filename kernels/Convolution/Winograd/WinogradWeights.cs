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
        checked(Ceiling.Divide(OutChannels, columns) * elements * ElementPitch(columns));

    /// <summary>Copies some weights into <c>[input channel, tap, columns]</c>.</summary>
    public unsafe void Gather(
        float* destination, float* weights, int firstInChannel, int inChannels, int firstOutChannel, int outChannels,
        int columns)
    {
        int inChannelStep = Taps * columns;
        if (Backward)
            Gather(
                destination, inChannelStep, 1, columns,
                weights + (long)firstInChannel * Taps * OutChannels + firstOutChannel, inChannels, outChannels,
                OutChannels, turn: 8, next: (nint)inChannels * Taps * OutChannels);
        else
            Gather(
                destination, 1, inChannelStep, columns,
                weights + (long)firstOutChannel * Taps * InChannels + firstInChannel, outChannels, inChannels,
                InChannels, turn: 0, next: inChannels);
    }

    // The weights are [row, tap, column]; reading along their columns uses whole cache lines. The next call's are asked
    // for ahead: a line here and there.
    private static unsafe void Gather(
        float* destination, int rowStep, int columnStep, int tapStep, float* weights, int rows, int columns, int pitch,
        int turn, nint next)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int tap = 0; tap < Taps; tap++, weights += pitch)
            {
                CpuMemory.Prefetch(weights + next);
                float* to = destination + row * rowStep + Math.Abs(turn - tap) * tapStep;
                if (columnStep == 1)
                    new Span<float>(weights, columns).CopyTo(new Span<float>(to, columns));
                for (int column = 0; columnStep > 1 && column < columns; column++, to += columnStep)
                    *to = weights[column];
            }
        }
    }
}
