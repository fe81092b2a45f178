using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// How forward and backward-data read the weights of a 3x3 convolution, and how the transformed weights lie in memory.
/// </summary>
/// <param name="Inputs">Channels that the pass sums over.</param>
/// <param name="Outputs">Channels that it computes.</param>
/// <param name="InputsPerPass">Input channels whose transformed weights lie in memory together.</param>
/// <param name="Backward">
/// Whether the pass is backward-data, a forward pass from the gradient of the output: the filter is turned by half a
/// turn, and the channels that are contiguous in memory are the outputs.
/// </param>
internal readonly record struct WinogradWeights(int Inputs, int Outputs, int InputsPerPass, bool Backward)
{
    private const int Taps = 9;

    /// <summary>Floats from one element of a transformed block to the next.</summary>
    public int ElementPitch(int columns) => WinogradScratch.Pitch(InputsPerPass * columns);

    /// <summary>Floats of all transformed weights.</summary>
    public int Length(int elements, int columns) =>
        checked(Ceiling.Divide(Outputs, columns) * elements * ElementPitch(columns));

    /// <summary>Copies some weights into <c>[input, tap, columns]</c>.</summary>
    public unsafe void Gather(
        float* destination, float* weights, int firstInput, int inputs, int firstOutput, int outputs, int columns)
    {
        int inputStep = Taps * columns;
        if (Backward)
            Gather(
                destination, inputStep, 1, columns, weights + (long)firstInput * Taps * Outputs + firstOutput, inputs,
                outputs, Outputs, turn: 8, next: (nint)inputs * Taps * Outputs);
        else
            Gather(
                destination, 1, inputStep, columns, weights + (long)firstOutput * Taps * Inputs + firstInput, outputs,
                inputs, Inputs, turn: 0, next: inputs);
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
