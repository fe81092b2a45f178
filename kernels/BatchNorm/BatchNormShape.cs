using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>The sizes of a batch normalisation, and the maths that all its kernels share.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="H">Rows.</param>
/// <param name="W">Columns.</param>
/// <param name="C">Channels.</param>
/// <remarks>
/// <code>
/// input, output, residual [N, H, W, C]        weight, bias, mean, inverseStd, runningMean, runningVar [C]        M = N H W
///
/// mean[c]       = 1/M Σ n,h,w input[n, h, w, c]
/// variance[c]   = 1/M Σ n,h,w (input[n, h, w, c] - mean[c])²
/// inverseStd[c] = 1 / √(variance[c] + epsilon)
/// x̂             = (input - mean) · inverseStd
/// output        = act(x̂ · weight + bias [+ residual])        act = ReLU or identity
///
/// runningMean  ← (1 - momentum) · runningMean + momentum · mean
/// runningVar   ← (1 - momentum) · runningVar  + momentum · variance · M / (M - 1)
/// </code>
/// With <c>g</c> the gradient of the activation's input (<c>gradOutput</c>, but 0 where ReLU gave 0) the chain rule
/// through <c>x̂</c>, <c>mean</c> and <c>variance</c> gives
/// <code>
/// gradBias = Σ g        gradWeight = Σ g x̂        gradResidual = g
/// gradInput = weight · inverseStd · (g - gradBias / M - x̂ · gradWeight / M)
/// </code>
/// Ioffe and Szegedy 2015, arXiv:1502.03167; what is computed is PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html">BatchNorm2d</see>.
/// </remarks>
public readonly record struct BatchNormShape(int N, int H, int W, int C)
{
    /// <summary><c>[N, H, W, C]</c>, of input and output.</summary>
    public TensorShape Tensor => new(N, H, W, C);

    /// <summary>Values of a channel, <c>M = N H W</c>.</summary>
    public int Pixels => N * H * W;

    /// <summary>Bytes of so many passes over a tensor of an element type.</summary>
    internal double Bytes(int passes, ElementType elementType) => (double)elementType.Size() * passes * Tensor.Count;

    /// <summary>Pixels that a fast CPU kernel takes at a time.</summary>
    internal int ChunkPixels => Math.Max(1, CpuMemory.ChunkFloats / C);

    /// <summary>Chunks of <see cref="ChunkPixels"/>, the last of which may be shorter.</summary>
    internal int Chunks => Ceiling.Divide(Pixels, ChunkPixels);

    /// <summary>Pixels of one chunk.</summary>
    internal int PixelsOf(int chunk) => Math.Min(ChunkPixels, Pixels - chunk * ChunkPixels);

    /// <summary>The shape as <c>n16 56x56x64</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} {H}x{W}x{C}");
}
