using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Data;

/// <summary>Decoded images on the host, with what is to be done with each.</summary>
/// <remarks>
/// Its memory is used again: a batch is valid until the next one is asked for. It has fewer images than the batch size
/// at the end of the samples, and where an image was unreadable.
/// </remarks>
public sealed class ImageBatch
{
    private readonly ImageTransformParameters[] parameters;
    private readonly ImageResizeParameters[] resizes;
    private readonly int[] labels;
    private readonly int[] sampleIndices;

    private byte[] pixels = [];
    private int length;

    internal ImageBatch(int batchSize, int size)
    {
        Size = size;
        parameters = new ImageTransformParameters[batchSize];
        resizes = new ImageResizeParameters[batchSize];
        labels = new int[batchSize];
        sampleIndices = new int[batchSize];
    }

    /// <summary>Number of images, <c>N</c>.</summary>
    public int Count { get; private set; }

    /// <summary>Rows and columns of the images to make of them.</summary>
    public int Size { get; }

    /// <summary>The decoded images, one after another.</summary>
    public ReadOnlySpan<byte> Pixels => pixels.AsSpan(0, length);

    /// <summary>
    /// <c>[N]</c>, what <see cref="ImageResize"/> is to do with each image first; empty where it has nothing to do.
    /// </summary>
    public ReadOnlySpan<ImageResizeParameters> Resizes => ResizedBytes == 0 ? [] : resizes.AsSpan(0, Count);

    /// <summary>Bytes of all images after <see cref="Resizes"/>.</summary>
    public long ResizedBytes { get; private set; }

    /// <summary><c>[N]</c>, what <see cref="ImageTransform"/> is to do with each image, decoded or resized.</summary>
    public ReadOnlySpan<ImageTransformParameters> Parameters => parameters.AsSpan(0, Count);

    /// <summary><c>[N]</c>, the class of each image, or its <see cref="LabelSet"/>.</summary>
    public ReadOnlySpan<int> Labels => labels.AsSpan(0, Count);

    /// <summary><c>[N]</c>, the place of each image in the list of samples.</summary>
    public ReadOnlySpan<int> SampleIndices => sampleIndices.AsSpan(0, Count);

    /// <summary>The sizes of the transform of this batch.</summary>
    public ImageTransformShape Shape => new(Count, Size);

    /// <summary>The sizes of the first resize of this batch; null where there is none.</summary>
    public ImageResizeShape? ResizeShape
    {
        get
        {
            if (ResizedBytes == 0)
                return null;
            int rows = 0, pixels = 0;
            foreach (ImageResizeParameters resize in Resizes)
                (rows, pixels) = (Math.Max(rows, resize.Height), Math.Max(pixels, resize.Width * resize.Height));
            return new ImageResizeShape(Count, rows, pixels);
        }
    }

    /// <summary>Empties the batch and makes room for so many bytes of pixels.</summary>
    internal Memory<byte> Reset(int bytes)
    {
        if (pixels.Length < bytes)
            pixels = GC.AllocateUninitializedArray<byte>(bytes);
        length = bytes;
        Count = 0;
        ResizedBytes = 0;
        return pixels.AsMemory(0, bytes);
    }

    /// <summary>Adds an image whose pixels are in place and that is resized before it is transformed.</summary>
    internal void Add(
        int sampleIndex, int label, in ImageResizeParameters resize, in ImageTransformParameters transform)
    {
        resizes[Count] = resize;
        ResizedBytes += (long)resize.Width * resize.Height * transform.Channels;
        Add(sampleIndex, label, transform);
    }

    /// <summary>Adds an image whose pixels are in place.</summary>
    internal void Add(int sampleIndex, int label, in ImageTransformParameters transform)
    {
        sampleIndices[Count] = sampleIndex;
        labels[Count] = label;
        parameters[Count++] = transform;
    }
}
