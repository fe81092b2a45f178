using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation on a GPU: four channels of a pixel per thread, read and written with one instruction.
/// </summary>
/// <remarks>
/// All of this is bound by memory, so a tensor is read once a pass. Sums over pixels are kept a slice each
/// (<see cref="PixelSlices"/>) and merged in a fixed order: a group's pixels as a tree; slices by 32 rows of threads, each
/// every 32nd of them, and what the rows have as a tree.
/// </remarks>
internal static class BatchNormQuad
{
    /// <summary>Slices that <see cref="MergeStatistics"/> merges at most.</summary>
    /// <remarks>
    /// Each of its group's 32 rows then merges 32 slices, one after the other. By counting, merging more takes longer
    /// than a launch of <see cref="MergeSlices"/> before.
    /// </remarks>
    public const int MaxSlices = 1024;

    /// <summary>Slices that <see cref="MergeSlices"/> makes one of: two for each row of a group.</summary>
    public const int SlicesMerged = 2 * PixelGroup.Pixels;

    /// <summary>
    /// Mean and sum of squared differences from it, of each channel of one slice: <c>moments [slices, 2, C]</c>.
    /// </summary>
    public static void SliceMoments<TElements>(ArrayView<float> moments, ArrayView<float> input, PixelSlices slices)
        where TElements : struct, ITensorElements
    {
        ArrayView<Float4> rows = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        int begin = Grid.IdxY * slices.Length, end = Math.Min(slices.Pixels, begin + slices.Length);
        PixelMoments.Write<TElements>(
            moments, rows, input, Grid.IdxY, begin, end, slices.Quads.Divisor, PixelGroup.Quad,
            PixelGroup.Pixels, PixelGroup.Quads);
    }

    /// <summary>
    /// The moments of <see cref="SlicesMerged"/> slices, as those of one: <c>merged [slices / SlicesMerged, 2, C]</c>.
    /// They lie in x: of a convolution's block tiles there can be more than a grid's y has room for.
    /// </summary>
    public static void MergeSlices(ArrayView<float> merged, ArrayView<float> moments, PixelSlices slices)
    {
        int first = Grid.IdxX * SlicesMerged, quads = slices.Quads.Divisor, quad = PixelGroup.QuadOf(Grid.IdxY);
        MergeGroup(
            moments, first, Math.Min(slices.Count, first + SlicesMerged), quad, slices, out Float4 mean,
            out Float4 squares);
        if (PixelGroup.Row != 0 | quad >= quads)
            return;
        merged.Cast<Float4>()[Grid.IdxX * 2 * quads + quad] = mean;
        merged.Cast<Float4>()[(Grid.IdxX * 2 + 1) * quads + quad] = squares;
    }

    /// <summary>
    /// Merges the moments of all slices into <c>mean</c> and <c>inverseStd</c>, and updates the running statistics.
    /// </summary>
    public static void MergeStatistics(
        ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean, ArrayView<float> runningVar,
        ArrayView<float> moments, float momentum, float epsilon, PixelSlices slices)
    {
        int quads = slices.Quads.Divisor, quad = PixelGroup.Quad;
        MergeGroup(moments, 0, slices.Count, quad, slices, out Float4 batchMean, out Float4 squares);
        if (PixelGroup.Row != 0 | quad >= quads)
            return;
        Float4 variance = squares * (1f / slices.Pixels);
        mean.Cast<Float4>()[quad] = batchMean;
        inverseStd.Cast<Float4>()[quad] = Float4.InverseRoot(variance + Float4.Of(epsilon));
        runningMean.Cast<Float4>()[quad] = runningMean.Cast<Float4>()[quad] * (1 - momentum) + batchMean * momentum;
        runningVar.Cast<Float4>()[quad] =
            runningVar.Cast<Float4>()[quad] * (1 - momentum) + squares * (momentum / (slices.Pixels - 1));
    }

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
                QuadPair part0 = Read(parts, slice, slices.Count, quads, quad);
                QuadPair part1 = Read(parts, slice + PixelGroup.Pixels, slices.Count, quads, quad);
                QuadPair part2 = Read(parts, slice + 2 * PixelGroup.Pixels, slices.Count, quads, quad);
                QuadPair part3 = Read(parts, slice + 3 * PixelGroup.Pixels, slices.Count, quads, quad);
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

    /// <summary>
    /// Merges the slices from <paramref name="first"/> to <paramref name="end"/> - 1 within a group: each of its rows
    /// some of them, then the rows as a tree. Row 0 gets the whole.
    /// </summary>
    /// <remarks>
    /// <code>
    /// δ = mean b - mean a        mean = mean a + δ · b / (a + b)        squares = squares a + squares b + δ² · a b / (a + b)
    /// </code>
    /// merges a pixels with b others (Chan, Golub and LeVeque 1979).
    /// </remarks>
    private static void MergeGroup(
        ArrayView<float> moments, int first, int end, int quad, PixelSlices slices, out Float4 mean, out Float4 squares)
    {
        ArrayView<Float4> rowMeans = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<Float4> rowSquares = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<int> rowCounts = SharedMemory.Allocate<int>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<Float4> parts = moments.Cast<Float4>();
        int quads = slices.Quads.Divisor, count = 0;
        mean = default;
        squares = default;
        if (quad < quads)
        {
            for (int slice0 = first + PixelGroup.Row; slice0 < end; slice0 += 4 * PixelGroup.Pixels)
            {
                int slice1 = slice0 + PixelGroup.Pixels, slice2 = slice1 + PixelGroup.Pixels;
                int slice3 = slice2 + PixelGroup.Pixels;
                QuadPair part0 = Read(parts, slice0, end, quads, quad);
                QuadPair part1 = Read(parts, slice1, end, quads, quad);
                QuadPair part2 = Read(parts, slice2, end, quads, quad);
                QuadPair part3 = Read(parts, slice3, end, quads, quad);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice0, end, slices), part0.Upper, part0.Lower);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice1, end, slices), part1.Upper, part1.Lower);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice2, end, slices), part2.Upper, part2.Lower);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice3, end, slices), part3.Upper, part3.Lower);
            }
        }
        rowMeans[Group.IdxX] = mean;
        rowSquares[Group.IdxX] = squares;
        rowCounts[Group.IdxX] = count;
        Group.Barrier();
        for (int half = PixelGroup.Pixels / 2; half > 0; half >>= 1)
        {
            if (PixelGroup.Row < half)
            {
                int other = Group.IdxX + half * PixelGroup.Quads;
                Merge(ref count, ref mean, ref squares, rowCounts[other], rowMeans[other], rowSquares[other]);
                rowMeans[Group.IdxX] = mean;
                rowSquares[Group.IdxX] = squares;
                rowCounts[Group.IdxX] = count;
            }
            Group.Barrier();
        }
    }

    /// <summary>Both values of a slice, 0 from <paramref name="end"/> on.</summary>
    /// <remarks>
    /// Callers start four reads before they use the first, so that memory's latency is waited for once and not four
    /// times. Past the end the last slice is read and not used: a branch around the read would keep it from starting
    /// early.
    /// </remarks>
    private static QuadPair Read(ArrayView<Float4> parts, int slice, int end, int quads, int quad)
    {
        int at = Math.Min(slice, end - 1) * 2 * quads + quad;
        QuadPair pair;
        pair.Upper = parts[at];
        pair.Lower = parts[at + quads];
        return slice < end ? pair : default;
    }

    private static int PixelsOf(int slice, int end, PixelSlices slices) =>
        slice < end ? Math.Min(slices.Length, slices.Pixels - slice * slices.Length) : 0;

    private static void Merge(
        ref int count, ref Float4 mean, ref Float4 squares, int others, Float4 otherMean, Float4 otherSquares)
    {
        if (others == 0)
            return;
        int all = count + others;
        float share = (float)others / all;
        Float4 difference = otherMean - mean;
        mean += difference * share;
        squares += otherSquares + difference * difference * (share * count);
        count = all;
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

    /// <summary>What is kept of a slice, in two rows of channels: mean over squares, or two sums.</summary>
    private struct QuadPair
    {
        public Float4 Upper;
        public Float4 Lower;
    }
}
