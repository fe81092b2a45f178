using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Data;

/// <summary>Decoded images on the host, with what is to be done with each.</summary>
/// <remarks>
/// Its memory is used again: a batch is valid until the next one is asked for. It has fewer images than the batch size at the end of the
/// samples, and where an image was unreadable.
/// </remarks>
public sealed class ImageBatch
{
    private byte[] pixels = [];
    private int length;

    internal ImageBatch(int batchSize, int size)
    {
        Size = size;
        parameters = new ImageTransformParameters[batchSize];
        labels = new int[batchSize];
        sampleIndices = new int[batchSize];
    }

    private readonly ImageTransformParameters[] parameters;
    private readonly int[] labels;
    private readonly int[] sampleIndices;

    /// <summary>Number of images, <c>N</c>.</summary>
    public int Count { get; private set; }

    /// <summary>Rows and columns of the images to make of them.</summary>
    public int Size { get; }

    /// <summary>The decoded images, one after another.</summary>
    public ReadOnlySpan<byte> Pixels => pixels.AsSpan(0, length);

    /// <summary><c>[N]</c>, what <see cref="ImageTransform"/> is to do with each image.</summary>
    public ReadOnlySpan<ImageTransformParameters> Parameters => parameters.AsSpan(0, Count);

    /// <summary><c>[N]</c>, the class of each image.</summary>
    public ReadOnlySpan<int> Labels => labels.AsSpan(0, Count);

    /// <summary><c>[N]</c>, the place of each image in the list of samples.</summary>
    public ReadOnlySpan<int> SampleIndices => sampleIndices.AsSpan(0, Count);

    /// <summary>The sizes of the transform of this batch.</summary>
    public ImageTransformShape Shape => new(Count, Size);

    /// <summary>Empties the batch and makes room for so many bytes of pixels.</summary>
    internal Memory<byte> Reset(int bytes)
    {
        if (pixels.Length < bytes)
            pixels = GC.AllocateUninitializedArray<byte>(bytes);
        length = bytes;
        Count = 0;
        return pixels.AsMemory(0, bytes);
    }

    /// <summary>Adds an image whose pixels are in place.</summary>
    internal void Add(int sampleIndex, int label, in ImageTransformParameters transform)
    {
        sampleIndices[Count] = sampleIndex;
        labels[Count] = label;
        parameters[Count++] = transform;
    }
}
