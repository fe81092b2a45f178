namespace IlgpuCxr.Kernels.Image;

/// <summary>From 8-bit levels to the numbers on which ImageNet networks were trained.</summary>
public static class ImageNormalization
{
    /// <summary><c>(level / 255 - mean[channel]) / std[channel]</c> with ImageNet's statistics.</summary>
    /// <param name="level">0 to 255.</param>
    /// <param name="channel">0 for red, 1 for green, 2 for blue.</param>
    /// <remarks>
    /// The constants and the order of operations are those of torchvision's <c>ToTensor</c> and <c>Normalize</c>.
    /// </remarks>
    public static float Normalize(int level, int channel)
    {
        float mean = channel == 0 ? 0.485f : channel == 1 ? 0.456f : 0.406f;
        float deviation = channel == 0 ? 0.229f : channel == 1 ? 0.224f : 0.225f;
        return (level / 255f - mean) / deviation;
    }
}
