using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The ways to compute a convolution.</summary>
public enum ConvolutionAlgorithm
{
    /// <summary>One output per index (<see cref="ConvolutionNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>
    /// Register tiles over 128-bit vectors (<see cref="ConvolutionRegisterTilePasses{TVector, TMath}"/>): the CPU,
    /// filters of up to 1024 taps; others are naive.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector128,

    /// <summary>Register tiles over 256-bit vectors: as <see cref="Vector128"/>.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector256,

    /// <summary>Register tiles over 512-bit vectors: as <see cref="Vector128"/>.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector512,

    /// <summary>
    /// Winograd's F(2x2, 3x3) (<see cref="IWinograd{TVector, TMath}"/>): the CPU, 3x3 filters of stride 1 and up to
    /// 16384 channels; other shapes take the widest vectors.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Winograd2,

    /// <summary>
    /// Winograd's F(4x4, 3x3): as <see cref="Winograd2"/>, with a quarter of the direct multiplications instead of 4/9.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Winograd4,

    /// <summary>
    /// Block tiles, multiplied in shared memory and registers (<see cref="ConvolutionTiledPasses"/>): GPUs, any shape.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Tiled,

    /// <summary>
    /// Winograd's F(4x4, 3x3) around a batched product of such block tiles
    /// (<see cref="ConvolutionTiledWinogradPasses"/>): GPUs, 3x3 filters of stride 1 whose channels are multiples of 8;
    /// other shapes take <see cref="Tiled"/>.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    TiledWinograd4,

    /// <summary>
    /// Block tiles on tensor cores (<see cref="TensorCoreGemm"/>), factors rounded to tf32: NVIDIA GPUs from sm_80, any
    /// shape.
    /// </summary>
    [RunsOn(DeviceNeed.TensorCores)]
    Tf32,

    /// <summary>
    /// Block tiles on tensor cores, factors of bfloat16 (<see cref="ConvolutionBFloat16Passes"/>): NVIDIA GPUs from
    /// sm_80, any shape. Only this and <see cref="WarpgroupBf16"/> take tensors of bfloat16.
    /// </summary>
    [RunsOn(DeviceNeed.TensorCores)]
    Bf16,

    /// <summary>
    /// As <see cref="Tf32"/>, with the instructions of a whole warpgroup
    /// (<see cref="WarpgroupGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TResult}"/>): GPUs of sm_90; shapes
    /// whose channels are no multiples of 4 take <see cref="Tf32"/>, or are widened (<see cref="ChannelWidening"/>): of
    /// these backward-data is <see cref="Tf32"/>, though timings have it under this name.
    /// </summary>
    [RunsOn(DeviceNeed.Warpgroups)]
    WarpgroupTf32,

    /// <summary>
    /// As <see cref="Bf16"/>, by warpgroups; single-precision results with an odd number of columns, or with memory
    /// that does not begin at 16 bytes (their own, the bias's, the mask's), take <see cref="Bf16"/>, though timings
    /// have them under this name.
    /// </summary>
    [RunsOn(DeviceNeed.Warpgroups)]
    WarpgroupBf16,
}

/// <summary>What tells algorithms apart.</summary>
public static class ConvolutionAlgorithms
{
    /// <summary>Whether an algorithm multiplies bfloat16, and takes tensors of it.</summary>
    /// <param name="algorithm">The algorithm.</param>
    public static bool IsOfBFloat16(this ConvolutionAlgorithm algorithm) =>
        algorithm is ConvolutionAlgorithm.Bf16 or ConvolutionAlgorithm.WarpgroupBf16;
}
