using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation on a GPU and its gradient, with statistics that <see cref="BatchNormStatisticsQuad"/> computes:
/// four channels of a pixel per thread, read and written with one instruction.
/// </summary>
/// <remarks>
/// All of this is bound by memory, so a tensor is read once a pass. Sums over pixels are kept a slice each
/// (<see cref="PixelSlices"/>) and merged in a fixed order: a group's pixels as a tree; slices by 32 rows of threads,
/// each every 32nd of them, and what the rows have as a tree.
/// </remarks>
internal static class BatchNormQuad
{
    /// <summary>Outputs of four pixels: normalise, scale, shift, add the residual, ReLU.</summary>
    public static void Normalize<TElements>(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels channels, int relu, PixelQuarters pixels)
        where TElements : struct, ITensorElements
    {
        int quad = pixels.Quad(index), at0 = pixels.At(index, 0), at1 = pixels.At(index, 1);
        int at2 = pixels.At(index, 2), at3 = pixels.At(index, 3);
        Float4 mean = channels.Mean.Cast<Float4>()[quad], shift = channels.Bias.Cast<Float4>()[quad];
        Float4 scale = channels.InverseStd.Cast<Float4>()[quad] * channels.Weight.Cast<Float4>()[quad];
        // All is read before anything is written, here and below. To the assembler what is written could be the input,
        // so a read that comes later would have to wait for the write.
        Float4 value0 = (TElements.Read(input, at0) - mean) * scale + shift;
        Float4 value1 = (TElements.Read(input, at1) - mean) * scale + shift;
        Float4 value2 = (TElements.Read(input, at2) - mean) * scale + shift;
        Float4 value3 = (TElements.Read(input, at3) - mean) * scale + shift;
        if (residual.Length > 0)
        {
            value0 += TElements.Read(residual, at0);
            value1 += TElements.Read(residual, at1);
            value2 += TElements.Read(residual, at2);
            value3 += TElements.Read(residual, at3);
        }
        TElements.Write(output, at0, Rectified(value0, relu));
        if (pixels.Has(index, 1))
            TElements.Write(output, at1, Rectified(value1, relu));
        if (pixels.Has(index, 2))
            TElements.Write(output, at2, Rectified(value2, relu));
        if (pixels.Has(index, 3))
            TElements.Write(output, at3, Rectified(value3, relu));
    }

    /// <summary>
    /// The two sums of one slice, <c>Σ g</c> and <c>Σ g (x - mean)</c>: <c>partial [slices, 2, C]</c>; and
    /// <c>gradResidual = g</c> if there is one.
    /// </summary>
    public static void SliceGradientSums<TElements>(
        ArrayView<float> partial, ArrayView<float> gradResidual, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, PixelSlices slices)
        where TElements : struct, ITensorElements
    {
        ArrayView<Float4> rows = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        int quads = slices.Quads.Divisor, quad = PixelGroup.Quad, begin = Grid.IdxY * slices.Length;
        int end = Math.Min(slices.Pixels, begin + slices.Length);
        Float4 sum = default, sumCentered = default;
        if (quad < quads)
        {
            Float4 mean = channels.Mean.Cast<Float4>()[quad];
            Float4 scale = channels.InverseStd.Cast<Float4>()[quad] * channels.Weight.Cast<Float4>()[quad];
            Float4 shift = channels.Bias.Cast<Float4>()[quad];
            for (int pixel = begin + PixelGroup.Row; pixel < end; pixel += 2 * PixelGroup.Pixels)
            {
                // Two pixels at a time, so that reads of both are under way; the second may be past the end.
                int next = pixel + PixelGroup.Pixels, at = pixel * quads + quad;
                int atNext = Math.Min(next, end - 1) * quads + quad;
                Float4 centered = TElements.Read(input, at) - mean;
                Float4 centeredNext = TElements.Read(input, atNext) - mean;
                Float4 gradient = Masked<TElements>(gradOutput, output, centered * scale + shift, masks, at);
                Float4 gradientNext = Masked<TElements>(
                    gradOutput, output, centeredNext * scale + shift, masks, atNext);
                sum += gradient;
                sumCentered += gradient * centered;
                if (gradResidual.Length > 0)
                    TElements.Write(gradResidual, at, gradient);
                if (next >= end)
                    break;
                sum += gradientNext;
                sumCentered += gradientNext * centeredNext;
                if (gradResidual.Length > 0)
                    TElements.Write(gradResidual, atNext, gradientNext);
            }
        }
        sum = PixelGroup.SumRows(rows, sum);
        sumCentered = PixelGroup.SumRows(rows, sumCentered);
        if (PixelGroup.Row == 0 & quad < quads)
        {
            partial.Cast<Float4>()[Grid.IdxY * 2 * quads + quad] = sum;
            partial.Cast<Float4>()[(Grid.IdxY * 2 + 1) * quads + quad] = sumCentered;
        }
    }

    /// <summary>
    /// Adds the sums of all slices: <c>sums[c] = Σ g</c> and <c>sums[C + c] = Σ g x̂</c>, which are the parameters'
    /// gradients too.
    /// </summary>
    public static void MergeGradientSums(
        ArrayView<float> sums, ArrayView<float> gradWeight, ArrayView<float> gradBias, ArrayView<float> partial,
        ArrayView<float> inverseStd, PixelSlices slices)
    {
        ArrayView<Float4> rows = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<Float4> parts = partial.Cast<Float4>();
        int quads = slices.Quads.Divisor, quad = PixelGroup.Quad;
        Float4 sum = default, sumCentered = default;
        if (quad < quads)
        {
            for (int slice = PixelGroup.Row; slice < slices.Count; slice += 4 * PixelGroup.Pixels)
            {
                SliceQuad part0 = SliceQuad.Read(parts, slice, slices.Count, quads, quad);
                SliceQuad part1 = SliceQuad.Read(parts, slice + PixelGroup.Pixels, slices.Count, quads, quad);
                SliceQuad part2 = SliceQuad.Read(parts, slice + 2 * PixelGroup.Pixels, slices.Count, quads, quad);
                SliceQuad part3 = SliceQuad.Read(parts, slice + 3 * PixelGroup.Pixels, slices.Count, quads, quad);
                sum = sum + part0.Upper + part1.Upper + part2.Upper + part3.Upper;
                sumCentered = sumCentered + part0.Lower + part1.Lower + part2.Lower + part3.Lower;
            }
        }
        sum = PixelGroup.SumRows(rows, sum);
        sumCentered = PixelGroup.SumRows(rows, sumCentered);
        if (PixelGroup.Row != 0 | quad >= quads)
            return;
        Float4 sumNormalized = sumCentered * inverseStd.Cast<Float4>()[quad];
        sums.Cast<Float4>()[quad] = sum;
        sums.Cast<Float4>()[quads + quad] = sumNormalized;
        if (gradWeight.Length > 0)
            gradWeight.Cast<Float4>()[quad] = sumNormalized;
        if (gradBias.Length > 0)
            gradBias.Cast<Float4>()[quad] = sum;
    }

    /// <summary>
    /// <c>gradInput = weight · inverseStd · (g - Σ g / M - x̂ · Σ g x̂ / M)</c> of four pixels.
    /// </summary>
    public static void GradInput<TElements>(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, ArrayView<float> sums, PixelQuarters pixels,
        int count)
        where TElements : struct, ITensorElements
    {
        int quad = pixels.Quad(index), at0 = pixels.At(index, 0), at1 = pixels.At(index, 1);
        int at2 = pixels.At(index, 2), at3 = pixels.At(index, 3);
        float share = 1f / count;
        Float4 mean = channels.Mean.Cast<Float4>()[quad], shift = channels.Bias.Cast<Float4>()[quad];
        Float4 inverse = channels.InverseStd.Cast<Float4>()[quad];
        Float4 scale = inverse * channels.Weight.Cast<Float4>()[quad];
        Float4 meanGradient = sums.Cast<Float4>()[quad] * share;
        Float4 meanNormalized = sums.Cast<Float4>()[pixels.Quads + quad] * share;
        Float4 centered0 = TElements.Read(input, at0) - mean, centered1 = TElements.Read(input, at1) - mean;
        Float4 centered2 = TElements.Read(input, at2) - mean, centered3 = TElements.Read(input, at3) - mean;
        Float4 gradient0 = Masked<TElements>(gradOutput, output, centered0 * scale + shift, masks, at0);
        Float4 gradient1 = Masked<TElements>(gradOutput, output, centered1 * scale + shift, masks, at1);
        Float4 gradient2 = Masked<TElements>(gradOutput, output, centered2 * scale + shift, masks, at2);
        Float4 gradient3 = Masked<TElements>(gradOutput, output, centered3 * scale + shift, masks, at3);
        TElements.Write(gradInput, at0, scale * (gradient0 - meanGradient - centered0 * inverse * meanNormalized));
        if (pixels.Has(index, 1))
            TElements.Write(gradInput, at1, scale * (gradient1 - meanGradient - centered1 * inverse * meanNormalized));
        if (pixels.Has(index, 2))
            TElements.Write(gradInput, at2, scale * (gradient2 - meanGradient - centered2 * inverse * meanNormalized));
        if (pixels.Has(index, 3))
            TElements.Write(gradInput, at3, scale * (gradient3 - meanGradient - centered3 * inverse * meanNormalized));
    }

    private static Float4 Rectified(Float4 value, int relu) => relu != 0 ? Float4.Masked(value, value) : value;

    /// <summary>
    /// <c>g</c>, the gradient of what goes into the ReLU, if there was one; <paramref name="output"/> is empty where no
    /// residual was added to <paramref name="value"/>.
    /// </summary>
    private static Float4 Masked<TElements>(
        ArrayView<float> gradOutput, ArrayView<float> output, Float4 value, int masks, int index)
        where TElements : struct, ITensorElements
    {
        Float4 gradient = TElements.Read(gradOutput, index);
        if (output.Length > 0)
            value = TElements.Read(output, index);
        return masks != 0 ? Float4.Masked(gradient, value) : gradient;
    }
}
