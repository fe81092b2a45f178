using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>
/// Maximum pooling on the CPU: four vectors hold neighbouring channels of a pixel, one of bytes their positions; an
/// index is a row of pixels.
/// </summary>
/// <remarks>Where a pixel has fewer channels left, what is behind them is computed too and not written.</remarks>
internal static unsafe class MaxPoolingVector
{
    private static int Lanes => Vector<float>.Count;

    /// <summary>One row of outputs, <c>index = n·P + p</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<byte> positions, ArrayView<float> input, int masks,
        MaxPoolingShape shape)
    {
        int p = index % shape.P, n = index / shape.P, channels = shape.C;
        float* x = input.Pointer(), y = output.Pointer();
        byte* positionBytes = positions.Pointer();
        int firstRow = shape.FirstRow(p), endRow = shape.EndRow(p);
        for (int q = 0; q < shape.Q; q++)
        {
            int firstColumn = shape.FirstColumn(q), endColumn = shape.EndColumn(q);
            for (int c = 0; c < channels; c += 4 * Lanes)
            {
                var maximum0 = new Vector<float>(float.NegativeInfinity);
                Vector<float> maximum1 = maximum0, maximum2 = maximum0, maximum3 = maximum0;
                var position0 = new Vector<int>(shape.Position(p, q, firstRow, firstColumn));
                Vector<int> position1 = position0, position2 = position0, position3 = position0;
                for (int h = firstRow; h < endRow; h++)
                {
                    int pixelPosition = shape.Position(p, q, h, firstColumn);
                    float* pixel = x + ((long)(n * shape.H + h) * shape.W + firstColumn) * channels + c;
                    for (int w = firstColumn; w < endColumn; w++, pixelPosition++, pixel += channels)
                    {
                        var candidate = new Vector<int>(pixelPosition);
                        Take(ref maximum0, ref position0, Vector.Load(pixel), candidate);
                        Take(ref maximum1, ref position1, Vector.Load(pixel + Lanes), candidate);
                        Take(ref maximum2, ref position2, Vector.Load(pixel + 2 * Lanes), candidate);
                        Take(ref maximum3, ref position3, Vector.Load(pixel + 3 * Lanes), candidate);
                    }
                }
                long at = ((long)index.X * shape.Q + q) * channels + c;
                int left = channels - c;
                maximum0.Store(y + at, left);
                maximum1.Store(y + at + Lanes, left - Lanes);
                maximum2.Store(y + at + 2 * Lanes, left - 2 * Lanes);
                maximum3.Store(y + at + 3 * Lanes, left - 3 * Lanes);
                if (positionBytes == null)
                    continue;
                // Sets all bits of a lane, of which its byte keeps eight: no position.
                if (masks != 0)
                {
                    position0 |= Vector.LessThanOrEqual(maximum0, Vector<float>.Zero);
                    position1 |= Vector.LessThanOrEqual(maximum1, Vector<float>.Zero);
                    position2 |= Vector.LessThanOrEqual(maximum2, Vector<float>.Zero);
                    position3 |= Vector.LessThanOrEqual(maximum3, Vector<float>.Zero);
                }
                Vector<sbyte> bytes = Vector.Narrow(
                    Vector.Narrow(position0, position1), Vector.Narrow(position2, position3));
                if (left >= Vector<sbyte>.Count)
                    Vector.Store(bytes, (sbyte*)positionBytes + at);
                else
                    Unsafe.CopyBlockUnaligned(positionBytes + at, &bytes, (uint)left);
            }
        }
    }

    /// <summary>
    /// One row of <c>gradInput</c>, <c>index = n·H + h</c>: every window that holds a pixel is asked whether it was the
    /// maximum.
    /// </summary>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<byte> positions,
        MaxPoolingShape shape)
    {
        int h = index % shape.H, n = index / shape.H, channels = shape.C;
        float* dx = gradInput.Pointer() + (long)index.X * shape.W * channels, dy = gradOutput.Pointer();
        byte* positionBytes = positions.Pointer();
        int firstRow = shape.FirstWindowRow(h), endRow = shape.EndWindowRow(h);
        for (int w = 0; w < shape.W; w++, dx += channels)
        {
            int firstColumn = shape.FirstWindowColumn(w), endColumn = shape.EndWindowColumn(w);
            for (int c = 0; c < channels; c += 4 * Lanes)
            {
                Vector<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
                for (int p = firstRow; p < endRow; p++)
                    for (int q = firstColumn; q < endColumn; q++)
                    {
                        long at = ((long)(n * shape.P + p) * shape.Q + q) * channels + c;
                        var position = new Vector<byte>((byte)shape.Position(p, q, h, w));
                        Vector<byte> mine = Vector.Equals(Vector.Load(positionBytes + at), position);
                        Vector.Widen(Vector.AsVectorSByte(mine), out Vector<short> low, out Vector<short> high);
                        Vector.Widen(low, out Vector<int> mine0, out Vector<int> mine1);
                        Vector.Widen(high, out Vector<int> mine2, out Vector<int> mine3);
                        sum0 += Vector.ConditionalSelect(mine0, Vector.Load(dy + at), default);
                        sum1 += Vector.ConditionalSelect(mine1, Vector.Load(dy + at + Lanes), default);
                        sum2 += Vector.ConditionalSelect(mine2, Vector.Load(dy + at + 2 * Lanes), default);
                        sum3 += Vector.ConditionalSelect(mine3, Vector.Load(dy + at + 3 * Lanes), default);
                    }
                int left = channels - c;
                sum0.Store(dx + c, left);
                sum1.Store(dx + c + Lanes, left - Lanes);
                sum2.Store(dx + c + 2 * Lanes, left - 2 * Lanes);
                sum3.Store(dx + c + 3 * Lanes, left - 3 * Lanes);
            }
        }
    }

    /// <summary>Keeps the greater value, the first of equal ones, and a NaN rather than any number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(
        ref Vector<float> maximum, ref Vector<int> position, Vector<float> value, Vector<int> candidate)
    {
        // Strictly greater keeps the first maximum; only a NaN differs from itself, and it wins as in PyTorch.
        Vector<int> takes = Vector.GreaterThan(value, maximum) | ~Vector.Equals(value, value);
        maximum = Vector.ConditionalSelect(takes, value, maximum);
        position = Vector.ConditionalSelect(takes, candidate, position);
    }
}
