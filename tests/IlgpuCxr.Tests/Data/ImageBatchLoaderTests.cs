using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Tests.Operators;
using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Data;

public sealed class ImageBatchLoaderTests
{
    private DataFolder data;

    [SetUp]
    public void MakeData() => data = DataFolder.Complete(5);

    [TearDown]
    public void RemoveIt() => data.Dispose();

    [Test]
    public void Evaluation_brings_every_image_in_order_and_a_smaller_last_batch()
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        List<Copy> batches = Copies(Loader(4).Evaluation(folder.Train));

        Assert.That(batches.Select(batch => batch.Indices.Length), Is.EqualTo(new[] { 4, 4, 2 }));
        Assert.That(batches.SelectMany(batch => batch.Indices), Is.EqualTo(Enumerable.Range(0, 10)));
        Assert.That(batches.SelectMany(batch => batch.Labels), Is.EqualTo(folder.Train.Select(sample => sample.Label)));
        foreach (Copy batch in batches)
        {
            for (int i = 0; i < batch.Indices.Length; i++)
            {
                int place = batch.Indices[i] % 5;
                ImageTransformParameters image = batch.Parameters[i];
                var size = new ImageSize(20 + place, 16 + 2 * place, 1);
                Assert.That(image, Is.EqualTo(Augmentation.None(size, image.Offset)));
                byte[] levels = DataFolder.Levels(size.Width, size.Height, 7 * (batch.Indices[i] + 1));
                Assert.That(batch.Pixels[(int)image.Offset..][..size.Bytes], Is.EqualTo(levels));
            }
        }
    }

    [Test]
    public void Augmentation_brings_every_image_once_in_an_order_and_with_transforms_of_its_epoch()
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        ImageBatchLoader loader = Loader(3);
        List<Copy> first = Copies(loader.Augmented(folder.Train, 1, 0));
        List<Copy> second = Copies(loader.Augmented(folder.Train, 1, 1));

        int[] order = [.. first.SelectMany(batch => batch.Indices)];
        Assert.That(order, Is.EquivalentTo(Enumerable.Range(0, 10)));
        Assert.That(order, Is.EqualTo(ImageBatchLoader.ShuffledOrder(10, 1, 0)));
        Assert.That(second.SelectMany(batch => batch.Indices), Is.Not.EqualTo(order));
        SplitMix64 random = SplitMix64.ForSample(1, 0, order[0]);
        int place = order[0] % 5;
        Assert.That(
            first[0].Parameters[0],
            Is.EqualTo(Augmentation.Draw(ref random, new ImageSize(20 + place, 16 + 2 * place, 1), 0)));
    }

    [Test]
    public void Batches_do_not_depend_on_threads_nor_on_what_was_loaded_before([Values(1, 2, 7)] int threads)
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        List<Copy> expected = Copies(Loader(4, threads: 3).Augmented(folder.Train, 9, 5));
        ImageBatchLoader loader = Loader(4, threads: threads);
        Copies(loader.Augmented(folder.Train, 9, 4));

        List<Copy> batches = Copies(loader.Augmented(folder.Train, 9, 5));

        Assert.That(batches, Has.Count.EqualTo(expected.Count));
        foreach ((Copy batch, Copy other) in batches.Zip(expected))
        {
            Assert.That(batch.Indices, Is.EqualTo(other.Indices));
            Assert.That(batch.Labels, Is.EqualTo(other.Labels));
            Assert.That(batch.Parameters, Is.EqualTo(other.Parameters));
            Assert.That(batch.Pixels, Is.EqualTo(other.Pixels));
        }
    }

    [Test]
    public void An_unreadable_image_leaves_its_batch_smaller_and_the_others_the_same()
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        List<Copy> whole = Copies(Loader(4).Augmented(folder.Train, 1, 0));
        string broken = folder.Train[3].Path;
        File.WriteAllBytes(broken, File.ReadAllBytes(broken)[..40]);
        ImageBatchLoader loader = Loader(4);

        List<Copy> batches = Copies(loader.Augmented(folder.Train, 1, 0));
        Copies(loader.Augmented(folder.Train, 1, 1));

        Assert.That(
            batches.Select(batch => batch.Indices),
            Is.EqualTo(whole.Select(batch => batch.Indices.Where(index => index != 3).ToArray())));
        Assert.That(
            loader.Unreadable.Select(image => image.Path), Is.EqualTo(new[] { broken }),
            "Once, however often it is met.");
        Assert.That(loader.Unreadable[0].Reason, Does.Contain(broken));
    }

    [Test]
    public void What_the_system_fails_to_read_is_not_left_out()
    {
        var loader = new ImageBatchLoader(
            new DecodedImageCache(new FailingDecoder(), data.PathOf("failing")),
            new ImageBatchOptions { BatchSize = 4, Size = 8 });
        Assert.That(
            () => Copies(loader.Evaluation(ImageDataset.Open(data.Root).Train)),
            Throws.TypeOf<IOException>().With.Message.EqualTo("Too many open files"));
        Assert.That(loader.Unreadable, Is.Empty);
    }

    [Test]
    public void An_image_too_narrow_to_be_resized_is_left_out_in_training_only()
    {
        string narrow = data.WriteImage("train/normal/9.png", 4000, 2);
        ImageDataset folder = ImageDataset.Open(data.Root);
        var loader = new ImageBatchLoader(
            new DecodedImageCache(new VipsImageDecoder(), data.PathOf("cache")),
            new ImageBatchOptions { BatchSize = 4, Size = 224, Transforms = ImageTransforms.Part2 });
        Assert.That(Copies(loader.Evaluation(folder.Train)).Sum(batch => batch.Indices.Length), Is.EqualTo(11));
        Assert.That(loader.Unreadable, Is.Empty);
        Assert.That(Copies(loader.Augmented(folder.Train, 1, 0)).Sum(batch => batch.Indices.Length), Is.EqualTo(10));
        Assert.That(
            loader.Unreadable.Single().Reason,
            Does.Contain($"'{narrow}' has 4000x2 pixels").And.Contain("short side to 256"));
        Assert.That(ImageResizeParameters.Fits(16384, 600, 256) && !ImageResizeParameters.Fits(16384, 16, 256));
        Assert.That(
            ImageResizeParameters.Fits(127, 1, 256) && !ImageResizeParameters.Fits(128, 1, 256),
            "The resized image has at most 32767 columns.");
    }

    [Test]
    public void Evaluation_of_part_2_squeezes_every_image()
    {
        List<Copy> batches = Copies(
            Loader(4, transforms: ImageTransforms.Part2).Evaluation(ImageDataset.Open(data.Root).Train));
        Assert.That(batches, Is.Not.Empty);
        foreach (ImageTransformParameters image in batches.SelectMany(batch => batch.Parameters))
            Assert.That(
                image, Is.EqualTo(Augmentation.Squeeze(new ImageSize(image.Width, image.Height, 1), image.Offset)));
    }

    [Test]
    public void A_batch_of_unreadable_images_is_left_out()
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        foreach (int index in new[] { 2, 3 })
            File.WriteAllBytes(folder.Train[index].Path, [1]);
        ImageBatchLoader loader = Loader(2);

        Assert.That(
            Copies(loader.Evaluation(folder.Train)).SelectMany(batch => batch.Indices),
            Is.EqualTo(new[] { 0, 1, 4, 5, 6, 7, 8, 9 }));
        Assert.That(loader.Unreadable, Has.Count.EqualTo(2));
    }

    [Test]
    public void No_readable_image_at_all_is_an_error()
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        foreach (ImageSample sample in folder.Train)
            File.WriteAllBytes(sample.Path, [1]);

        Assert.That(
            () => Copies(Loader(4).Evaluation(folder.Train)),
            Throws.TypeOf<DataException>().With.Message.Contains("None of the 10 images"));
    }

    [Test]
    public void Strictness_refuses_the_first_unreadable_image_by_name()
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        foreach (int index in new[] { 5, 6 })
            File.WriteAllBytes(folder.Train[index].Path, [1]);
        ImageBatchLoader loader = Loader(4, strict: true);

        List<int> seen = [];
        Assert.That(
            () => seen.AddRange(loader.Evaluation(folder.Train).SelectMany(batch => batch.SampleIndices.ToArray())),
            Throws.TypeOf<DataException>().With.Message.Contains(folder.Train[5].Path));
    }

    [Test]
    public void A_consumer_may_stop_early_and_leaves_nothing_running()
    {
        var decoder = new SlowDecoder();
        var loader = new ImageBatchLoader(
            new DecodedImageCache(decoder, data.PathOf("slow")), new ImageBatchOptions { BatchSize = 1, Size = 8 });
        foreach (ImageBatch batch in loader.Evaluation(ImageDataset.Open(data.Root).Train))
        {
            Assert.That(batch.Count, Is.EqualTo(1));
            break;
        }

        int decoded = decoder.Decoded;
        Thread.Sleep(100);
        Assert.That(decoder.Decoded, Is.EqualTo(decoded));
        Assert.That(decoded, Is.LessThan(10));
    }

    [Test]
    public void The_producer_runs_ahead_by_a_bounded_number_of_batches()
    {
        var decoder = new SlowDecoder();
        var loader = new ImageBatchLoader(
            new DecodedImageCache(decoder, data.PathOf("slow")), new ImageBatchOptions { BatchSize = 1, Size = 8 });
        using IEnumerator<ImageBatch> batches = loader.Evaluation(ImageDataset.Open(data.Root).Train).GetEnumerator();
        batches.MoveNext();
        SpinWait.SpinUntil(() => decoder.Decoded >= 4, TimeSpan.FromSeconds(20));
        Thread.Sleep(100);

        // One with the consumer, two waiting, one in the producer's hands.
        Assert.That(decoder.Decoded, Is.EqualTo(4));
    }

    [Test]
    public void A_cancelled_pass_ends_with_the_exception_of_cancellation()
    {
        using var cancellation = new CancellationTokenSource();
        ImageDataset folder = ImageDataset.Open(data.Root);

        Assert.That(
            () =>
            {
                foreach (ImageBatch _ in Loader(2).Evaluation(folder.Train, cancellation.Token))
                    cancellation.Cancel();
            },
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void No_samples_are_no_batches() => Assert.That(Loader(2).Evaluation([]), Is.Empty);

    [Test]
    public void A_device_batch_is_what_the_reference_makes_of_the_decoded_images(
        [Values(Implementation.Naive, Implementation.Vector)] Implementation implementation)
    {
        ImageDataset folder = ImageDataset.Open(data.Root);
        using ComputeDevice device = implementation.Open()!;
        using var memory = new DeviceMemory(device);
        using var batch = new DeviceBatch(device, ClassificationTask.Binary, 2);
        foreach (int batchSize in new[] { 1, 4 })
        {
            foreach (ImageBatch host in Loader(batchSize, size: 24).Evaluation(folder.Train))
            {
                batch.Upload(host);
                Tensor output = memory.Tensor(batch.Shape.Output);
                batch.Transform(output);

                Assert.That(device.Download(batch.Targets.Classes), Is.EqualTo(host.Labels.ToArray()));
                Assert.That(device.Download(output.View), Is.EqualTo(Expected(host)));
            }
        }
    }

    [Test]
    public void After_a_batch_that_does_not_fit_a_smaller_one_does()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var batch = new DeviceBatch(device, ClassificationTask.Binary, 2);
        // 2¹⁶ images that are resized to 2³¹ bytes each.
        Assert.That(() => batch.Upload(Batch(1 << 16, 1 << 15)), Throws.InstanceOf<OutOfMemoryException>());
        batch.Upload(Batch(1, 1));
        Assert.That(device.Download(batch.Targets.Classes), Is.EqualTo(new[] { 1 }));

        ImageBatch Batch(int images, int side)
        {
            var host = new ImageBatch(images, size: 8);
            host.Reset(bytes: 2);
            for (int i = 0; i < images; i++)
                host.Add(
                    i, label: 1, new ImageResizeParameters(default, 0, side, side),
                    Augmentation.None(new ImageSize(1, 1, 2), 0));
            return host;
        }
    }

    [Test]
    public void Real_x_rays_are_transformed_as_the_reference_does(
        [Values(Implementation.Naive, Implementation.Vector)] Implementation implementation)
    {
        ImageDataset folder = ImageDataset.Open(SharedData.XRays);
        using ComputeDevice device = implementation.Open()!;
        using var memory = new DeviceMemory(device);
        using var batch = new DeviceBatch(device, ClassificationTask.Binary, 2);
        ImageSample[] samples = [.. folder.Test.Where((_, i) => i % 33 == 0)];
        ImageBatch host = Loader(samples.Length, size: 64).Augmented(samples, 1, 0).First();
        batch.Upload(host);
        Tensor output = memory.Tensor(batch.Shape.Output);
        batch.Transform(output);

        var reference = new List<float>();
        for (int i = 0; i < host.Count; i++)
        {
            ImageTransformParameters image = host.Parameters[i];
            // The reference takes degrees, which come first in the sample's stream.
            SplitMix64 random = SplitMix64.ForSample(1, 0, host.SampleIndices[i]);
            reference.AddRange(
                ImageTransformReference.Forward(
                    Decoded(host, i), random.NextDouble(-30, 30), image.Crop, 64, image.Flip != 0));
        }
        Assert.That(samples, Has.Length.GreaterThan(2));
        Assert.That(device.Download(output.View), Is.EqualTo(reference));
    }

    [Test]
    public void Real_x_rays_of_part_2_are_resized_twice_as_the_reference_does(
        [Values(Implementation.Naive, Implementation.Vector)] Implementation implementation)
    {
        ImageDataset folder = ImageDataset.Open(SharedData.XRaysOfPart2, ClassificationTask.MultiLabel);
        ImageSample[] samples =
            [.. new[] { 0b011, 0b010, 0b100 }.Select(labels => folder.Train.First(sample => sample.Label == labels))];
        AssertResizedTwice(samples, implementation);
    }

    [Test]
    public void Images_of_colour_are_resized_twice_beside_gray_ones()
    {
        for (int i = 0; i < 5; i++)
        {
            using VipsImage red = DataFolder.Gradient(40 + i, 30, 3 * i), green = DataFolder.Gradient(40 + i, 30, 90);
            using VipsImage blue = red.Invert(), colour = red.Bandjoin(green, blue);
            data.WriteImage($"train/normal/{i}.png", colour);
        }
        AssertResizedTwice(ImageDataset.Open(data.Root).Train, Implementation.Vector);
    }

    [Test]
    public void The_resized_images_of_each_batch_begin_at_their_memorys_start()
    {
        int batches = 0;
        foreach (ImageBatch batch in Loader(1, transforms: ImageTransforms.Part2).Augmented(
            ImageDataset.Open(data.Root).Train, 1, 0))
        {
            Assert.That(batch.Resizes[0].Offset, Is.Zero, $"batch {batches}");
            batches++;
        }
        Assert.That(batches, Is.EqualTo(10), "more than there are in memory at a time");
    }

    private void AssertResizedTwice(IReadOnlyList<ImageSample> samples, Implementation implementation)
    {
        using ComputeDevice device = implementation.Open()!;
        using var memory = new DeviceMemory(device);
        using var batch = new DeviceBatch(device, ClassificationTask.MultiLabel, 3);
        ImageBatch host = Loader(samples.Count, size: 64, transforms: ImageTransforms.Part2)
            .Augmented(samples, 1, 0)
            .First();
        batch.Upload(host);
        Tensor output = memory.Tensor(batch.Shape.Output);
        batch.Transform(output);

        var reference = new List<float>();
        for (int i = 0; i < host.Count; i++)
        {
            ImageTransformParameters source = host.Resizes[i].Source, image = host.Parameters[i];
            SplitMix64 random = SplitMix64.ForSample(1, 0, host.SampleIndices[i]);
            reference.AddRange(ImageTransformReference.Forward(
                Decoded(host, source), random.NextDouble(-30, 30), Augmentation.ShortSide(64), image.Crop, 64,
                image.Flip != 0));
        }
        Assert.That(device.Download(output.View), Is.EqualTo(reference));
        Assert.That(
            device.Download(batch.Targets.Labels),
            Is.EqualTo(
                host.Labels
                    .ToArray()
                    .SelectMany(labels => Enumerable.Range(0, 3).Select(c => LabelSet.Has(labels, c) ? 1f : 0))));
    }

    private static float[] Expected(ImageBatch host)
    {
        var expected = new List<float>();
        for (int i = 0; i < host.Count; i++)
            expected.AddRange(
                ImageTransformReference.Forward(Decoded(host, i), 0, host.Parameters[i].Crop, host.Size, false));
        return [.. expected];
    }

    private static ImageTransformReference.Bitmap Decoded(ImageBatch host, int i) => Decoded(host, host.Parameters[i]);

    private static ImageTransformReference.Bitmap Decoded(ImageBatch host, ImageTransformParameters image)
    {
        int bytes = image.Width * image.Height * image.Channels;
        return new ImageTransformReference.Bitmap(
            image.Width, image.Height, image.Channels, host.Pixels.Slice((int)image.Offset, bytes).ToArray());
    }

    private ImageBatchLoader Loader(
        int batchSize, int size = 8, bool strict = false, int threads = 2, ImageTransforms transforms = default) =>
        new(
        new DecodedImageCache(new VipsImageDecoder(), data.PathOf("cache")),
        new ImageBatchOptions
        {
            BatchSize = batchSize,
            Size = size,
            Strict = strict,
            Threads = threads,
            Transforms = transforms,
        });

    private static List<Copy> Copies(IEnumerable<ImageBatch> batches) =>
    [
        .. batches.Select(batch => new Copy(
            batch.Pixels.ToArray(), batch.Parameters.ToArray(), batch.Labels.ToArray(), batch.SampleIndices.ToArray())),
    ];

    /// <summary>A batch kept beyond its validity.</summary>
    private sealed record Copy(byte[] Pixels, ImageTransformParameters[] Parameters, int[] Labels, int[] Indices);

    private sealed class FailingDecoder : IImageDecoder
    {
        public (ImageSize Size, byte[] Pixels) Decode(string path) => throw new IOException("Too many open files");
    }

    private sealed class SlowDecoder : IImageDecoder
    {
        private int decoded;

        public int Decoded => decoded;

        public (ImageSize Size, byte[] Pixels) Decode(string path)
        {
            Thread.Sleep(10);
            Interlocked.Increment(ref decoded);
            return (new ImageSize(1, 1, 1), [0]);
        }
    }
}
