namespace IlgpuCxr.Kernels.Device;

/// <summary>What a convolution tells batch norm of its output in passing: mean and sum of squared differences from it, of each channel of slices of the pixels.</summary>
/// <param name="Moments"><c>[slices, 1, 2, C]</c></param>
/// <param name="Slices">The slices.</param>
internal sealed record PixelStatistics(Tensor Moments, PixelSlices Slices);
