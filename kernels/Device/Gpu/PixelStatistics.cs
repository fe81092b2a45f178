namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// What a convolution tells batch norm of its output: for slices of the pixels, each channel's mean and sum of squared
/// differences from that mean.
/// </summary>
/// <param name="Moments"><c>[slices, 1, 2, C]</c></param>
/// <param name="Slices">The slices.</param>
internal sealed record PixelStatistics(Tensor Moments, PixelSlices Slices);
