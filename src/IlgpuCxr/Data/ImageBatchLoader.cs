using System.Collections.Concurrent;
using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Data;

/// <summary>Makes batches of samples in the background, so that reading and decoding overlap computing.</summary>
/// <remarks>
/// What is in a batch and how it is augmented depends on the samples, the seed and the epoch only. Unreadable images
/// are left out of their batch, which stays smaller, so that the other batches are the same with and without them.
/// </remarks>
public sealed class ImageBatchLoader
{
    // One being consumed, one being filled, and between them enough to hide that some batches take longer than others.
    private const int WaitingBatches = 2, Batches = WaitingBatches + 2;

    private readonly DecodedImageCache cache;
    private readonly ImageBatchOptions options;
    private readonly ConcurrentDictionary<string, UnreadableImage> unreadable = new();

    /// <summary>Creates the loader.</summary>
    /// <param name="cache">Where decoded images come from.</param>
    /// <param name="options">Sizes and strictness.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A batch is to have no image, an image no pixel, or nobody is to read them.
    /// </exception>
    public ImageBatchLoader(DecodedImageCache cache, ImageBatchOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        this.cache = cache;
        this.options = options;
    }

    /// <summary>Sizes and strictness.</summary>
    internal ImageBatchOptions Options => options;

    /// <summary>The images left out so far, each once, by path.</summary>
    public IReadOnlyList<UnreadableImage> Unreadable =>
        [.. unreadable.Values.OrderBy(image => image.Path, StringComparer.Ordinal)];

    /// <summary>All samples once, in a shuffled order, each with random transforms.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch: order and transforms are a function of seed and epoch.</param>
    /// <param name="cancellation">Ends the pass.</param>
    /// <returns>Batches, each valid until the next is asked for.</returns>
    /// <exception cref="DataException">
    /// An image is unreadable and the options are strict, or no image is readable.
    /// </exception>
    /// <exception cref="IOException">The system fails to read an image, whatever is in it.</exception>
    /// <exception cref="OperationCanceledException">The pass was cancelled.</exception>
    public IEnumerable<ImageBatch> Augmented(
        IReadOnlyList<ImageSample> samples, long seed, int epoch, CancellationToken cancellation = default) =>
        Load(
            samples, ShuffledOrder(samples.Count, seed, epoch), index => SplitMix64.ForSample(seed, epoch, index),
            cancellation);

    /// <summary>All samples once, in their order, each with the transform of evaluation.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="cancellation">Ends the pass.</param>
    /// <returns>Batches, each valid until the next is asked for.</returns>
    /// <exception cref="DataException">
    /// An image is unreadable and the options are strict, or no image is readable.
    /// </exception>
    /// <exception cref="IOException">The system fails to read an image, whatever is in it.</exception>
    /// <exception cref="OperationCanceledException">The pass was cancelled.</exception>
    public IEnumerable<ImageBatch> Evaluation(
        IReadOnlyList<ImageSample> samples, CancellationToken cancellation = default) =>
        Load(samples, [.. Enumerable.Range(0, samples.Count)], null, cancellation);

    /// <summary>
    /// A permutation of <c>0 … count - 1</c>, all equally likely: the shuffle of Fisher and Yates in Durstenfeld's form
    /// (1964).
    /// </summary>
    internal static int[] ShuffledOrder(int count, long seed, int epoch)
    {
        SplitMix64 random = SplitMix64.ForSample(seed, epoch, -1);
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = random.NextInt(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    private IEnumerable<ImageBatch> Load(
        IReadOnlyList<ImageSample> samples, int[] order, Func<int, SplitMix64>? randomOf,
        CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var ready = new BlockingCollection<ImageBatch>(WaitingBatches);
        using var free = new BlockingCollection<ImageBatch>();
        int largest = Math.Min(options.BatchSize, samples.Count);
        for (int i = 0; i < Batches; i++)
            free.Add(new ImageBatch(largest, options.Size), CancellationToken.None);
        Task producer = Task.Factory.StartNew(
            () => Produce(samples, order, randomOf, free, ready, stop.Token), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            foreach (ImageBatch batch in ready.GetConsumingEnumerable(stop.Token))
            {
                yield return batch;
                free.Add(batch, CancellationToken.None);
            }
            // What ended the producer early ends its consumer.
            producer.GetAwaiter().GetResult();
        }
        finally
        {
            // A consumer may stop in the middle; nothing may run on behind its back. WaitAny does not throw what the
            // producer threw.
            stop.Cancel();
            Task.WaitAny([producer], CancellationToken.None);
        }
    }

    private void Produce(
        IReadOnlyList<ImageSample> samples, int[] order, Func<int, SplitMix64>? randomOf,
        BlockingCollection<ImageBatch> free, BlockingCollection<ImageBatch> ready, CancellationToken stop)
    {
        try
        {
            int images = 0;
            foreach (int[] indices in order.Chunk(options.BatchSize))
            {
                ImageBatch batch = free.Take(stop);
                Fill(batch, samples, indices, randomOf, stop);
                images += batch.Count;
                if (batch.Count > 0)
                    ready.Add(batch, stop);
                else
                    free.Add(batch, stop);
            }
            if (images == 0 && order.Length > 0)
                throw new DataException(
                    $"None of the {order.Length} images can be read, for example '{samples[order[0]].Path}'; check the data.");
        }
        finally
        {
            ready.CompleteAdding();
        }
    }

    private void Fill(
        ImageBatch batch, IReadOnlyList<ImageSample> samples, int[] indices, Func<int, SplitMix64>? randomOf,
        CancellationToken stop)
    {
        var images = new CachedImage?[indices.Length];
        var offsets = new int[indices.Length];
        try
        {
            var failures = new DataException?[indices.Length];
            ForEachImage(
                failures, i => images[i] = Open(samples[indices[i]].Path, isAugmented: randomOf is not null), stop);
            Memory<byte> pixels = batch.Reset(Place(images, offsets));
            ForEachImage(failures, i => images[i]!.CopyTo(pixels.Span.Slice(offsets[i], images[i]!.Size.Bytes)), stop);
            for (int i = 0; i < indices.Length; i++)
            {
                ImageSample sample = samples[indices[i]];
                if (failures[i] is { } failure)
                {
                    LeaveOut(sample, failure);
                    continue;
                }
                SplitMix64? random = randomOf?.Invoke(indices[i]);
                Add(batch, indices[i], sample.Label, images[i]!.Size, offsets[i], random);
            }
        }
        finally
        {
            foreach (CachedImage? image in images)
                image?.Dispose();
        }
    }

    private CachedImage Open(string path, bool isAugmented)
    {
        CachedImage image = cache.Open(path);
        (int width, int height) = (image.Size.Width, image.Size.Height);
        if (!isAugmented || options.Transforms != ImageTransforms.Part2
            || ImageResizeParameters.Fits(width, height, Augmentation.ShortSide(options.Size)))
            return image;
        image.Dispose();
        throw new DataException(
            $"The image '{path}' has {width}x{height} pixels, too narrow to bring its short side to {Augmentation.ShortSide(options.Size)}; crop or remove it.");
    }

    /// <summary>Adds an image with the transforms of evaluation, or with those that are drawn.</summary>
    private void Add(ImageBatch batch, int index, int label, ImageSize size, int offset, SplitMix64? random)
    {
        bool isPart2 = options.Transforms == ImageTransforms.Part2;
        if (random is not { } stream)
        {
            batch.Add(index, label, isPart2 ? Augmentation.Squeeze(size, offset) : Augmentation.None(size, offset));
            return;
        }
        if (isPart2)
        {
            var (resize, transform) = Augmentation.DrawResized(
                ref stream, size, offset, Augmentation.ShortSide(options.Size), batch.ResizedBytes);
            batch.Add(index, label, resize, transform);
            return;
        }
        batch.Add(index, label, Augmentation.Draw(ref stream, size, offset));
    }

    /// <summary>Does something for each image that has not failed yet.</summary>
    private void ForEachImage(DataException?[] failures, Action<int> action, CancellationToken stop)
    {
        ParallelLoop.Run(failures.Length, options.Threads, i =>
        {
            if (failures[i] is not null)
                return;
            try
            {
                action(i);
            }
            catch (DataException exception)
            {
                failures[i] = exception;
            }
        }, stop);
    }

    private static int Place(CachedImage?[] images, int[] offsets)
    {
        long end = 0;
        for (int i = 0; i < images.Length; i++)
        {
            offsets[i] = (int)end;
            end += images[i]?.Size.Bytes ?? 0;
            if (end > Array.MaxLength)
                throw new DataException(
                    $"A batch of {images.Length} images of this size does not fit in memory; choose a smaller --batch.");
        }
        return (int)end;
    }

    private void LeaveOut(ImageSample sample, DataException failure)
    {
        if (options.Strict)
            throw failure;
        unreadable.TryAdd(sample.Path, new UnreadableImage(sample.Path, failure.Message));
    }
}
