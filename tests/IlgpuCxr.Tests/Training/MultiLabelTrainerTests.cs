using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Study;
using IlgpuCxr.Tests.Weights;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;
using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Training;

/// <summary>
/// A run of Part 2's kind with everything that must go on where it stopped: dropout, Adam's memory and steps, the point
/// before training.
/// </summary>
public sealed class MultiLabelTrainerTests() : TrainingRunTests(Options, () => DataFolder.CompletePart2())
{
    private static readonly TrainingOptions Options = TrainingOptions.Study(ClassificationTask.MultiLabel) with
    {
        Size = 32,
        Batch = 4,
        Epochs = 2,
        Hidden = 8,
        Seed = 3,
        Loss = LossKind.Focal,
        Optimizer = new OptimizerOptions { Kind = OptimizerKind.AdamW, LearningRate = 0.001f, WeightDecay = 0.01f },
    };

    [Test]
    public void A_run_that_is_resumed_gives_the_bytes_of_one_that_was_never_interrupted()
    {
        using var run = new SmallRun(Data.Root);
        using var stop = new CancellationTokenSource();
        void StopAfterTheFirst(EpochResult epoch)
        {
            if (epoch.Epoch == 0)
                stop.Cancel();
        }
        Assert.That(
            () => run.Train(Options, onEpoch: StopAfterTheFirst, cancellation: stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        IReadOnlyList<EpochResult> resumed = run.Train(Options, resume: true);
        AssertSameBytes(run);
        Assert.That(resumed.Select(epoch => epoch.Epoch), Is.EqualTo(new[] { EpochResult.Untrained, 0, 1 }));
        Assert.That(resumed[0] with { Seconds = 0 }, Is.EqualTo(History[0] with { Seconds = 0 }));
    }

    [Test]
    public void An_unreadable_image_takes_no_other_images_name()
    {
        using DataFolder some = DataFolder.CompletePart2();
        some.Write("Test/1.png", [1]);
        using ComputeDevice device = SmallRun.Open(2);
        using var predictor = new Predictor(device, Reference.Files.Best);
        IReadOnlyList<ImageSample> samples = ImageDirectory.Flat(some.PathOf("Test"));
        IReadOnlyList<ImagePrediction> predictions = predictor.Predict(
            samples, Reference.Loader(Options with { Batch = 3 }, 2), CancellationToken.None);
        Assert.That(
            predictions.Select(prediction => prediction.Name),
            Is.EqualTo(samples.Select(sample => Path.GetFileName(sample.Path)).Where(name => name != "1.png")));
    }

    [Test]
    public void The_runs_own_focal_loss_is_evaluated()
    {
        using var run = new SmallRun(Data.Root);
        TrainingOptions options = Options with { Epochs = 1, Focal = new FocalOptions(0.6f, 1, Mean: true) };
        run.Train(options);
        double validation = run.Evaluate(run.Files.Best, options)[0].Evaluation.Loss;
        Assert.That(validation, Is.EqualTo(run.Told[^1].Result.ValidationLoss));
    }

    [Test]
    public void The_history_begins_with_the_untrained_network_which_is_never_the_best()
    {
        Assert.That(History.Select(epoch => epoch.Epoch), Is.EqualTo(new[] { EpochResult.Untrained, 0, 1 }));
        Assert.That(History[0].Loss, Is.Null);
        Assert.That(Reference.Told[0], Is.EqualTo((History[0], false)));
        Assert.That(File.ReadAllLines(Reference.PathOf("log.csv"))[1], Does.StartWith("-1,,"));

        // Whatever it was, the first epoch is better than no epoch.
        Assert.That(Reference.Told[1].IsBest);
        EpochResult perfect = History[0] with { ValidationAccuracy = 100 };
        RowResult result = SampleResults.Of("p2:2") with { History = [perfect, .. History.Skip(1)] };
        Assert.That(result.BestEpoch, Is.Not.EqualTo(EpochResult.Untrained));
    }

    /// <summary>
    /// The trainer's epochs once more, without the evaluations between them: the losses are the same only with the same
    /// images, transforms and dropped values.
    /// </summary>
    [Test]
    public void What_an_epoch_draws_follows_seed_and_epoch()
    {
        const long seed = 3;
        using ComputeDevice device = SmallRun.Open(2);
        ImageDataset images = Reference.Images(Options);
        ImageBatchLoader loader = Reference.Loader(Options, 2);
        using var network = new Network(device, Options.Network, Options.Head(images.ClassNames.Count));
        network.Initialize(seed);
        using var optimizer = new Optimizer(device, network, Options.Optimizer);
        using var step = new TrainingStep(device, network, new Criterion(Options.Loss, Options.Focal), optimizer);
        using var batch = new DeviceBatch(device, Options.Task, images.ClassNames.Count);
        for (int epoch = 0; epoch < Options.Epochs; epoch++)
        {
            using var losses = new LossLog(device, images.Train.Count, step.Criterion.Sums);
            foreach (ImageBatch host in loader.Augmented(images.Train, seed, epoch).Where(host => network.CanTrainOn(host.Shape.Output)))
            {
                batch.Upload(host);
                step.Train(batch.Shape.Output, batch.Transform, batch.Targets, losses.Next(host.Count));
            }
            Assert.That(History[1 + epoch].Loss, Is.EqualTo(losses.OverImages()), $"epoch {epoch}");
        }
    }

    /// <summary>
    /// Black images leave a network silent that has no negative first filter and no bias; of white ones come logits
    /// that no float holds.
    /// </summary>
    [Test]
    public void A_validation_loss_that_is_no_number_ends_the_run()
    {
        using var images = new DataFolder();
        using VipsImage black = VipsImage.Black(40, 40), white = black.Invert();
        foreach (string name in new[] { "covid", "normal", "pneumonia" })
        {
            images.WriteImage($"Train/{name}/0.png", black);
            images.WriteImage($"Validation/{name}/0.png", white);
        }
        using var run = new SmallRun(images.Root);
        TrainingOptions options = Options with { Hidden = 0 };
        string file = run.PathOf("first.safetensors");
        SafetensorsFile.Write(file, NetworkState.Of(options.Network, options.Head(3), parameter => parameter.Name switch
        {
            "conv1.weight" => [.. Enumerable.Repeat(1f, (int)parameter.Shape.Count)],
            "fc.weight" => [.. Enumerable.Repeat(1e38f, (int)parameter.Shape.Count)],
            _ => Initializer.Values(parameter, 1),
        }));
        InitialWeights weights = InitialWeights.Find(file, options.Network);
        Assert.That(
            () => run.Train(options with { Weights = weights.Identity }, weights: weights),
            Throws.TypeOf<NetworkException>().With.Message.Contains("The loss is not a number before anything is trained; start from other weights"));
    }

    /// <summary>
    /// 9 training images in batches of 4, the last of a single smallest image being left out: two steps an epoch.
    /// </summary>
    [Test]
    public void The_checkpoint_counts_the_steps()
    {
        using WeightFile last = SafetensorsFile.Read(Reference.Files.Last + ".safetensors");
        Assert.That(last.Metadata["ilgpucxr.steps"], Is.EqualTo("4"));
    }

    [Test]
    public void Dropout_and_each_optimizer_change_what_is_learnt()
    {
        string[] lasts = [.. new[]
        {
            Options,
            Options with { Dropout = 0 },
            Options with { Seed = 2 },
            Options with { Optimizer = Options.Optimizer with { Kind = OptimizerKind.Adam } },
            Options with { Optimizer = Options.Optimizer with { Kind = OptimizerKind.Sgd } },
            Options with { Optimizer = Options.Optimizer with { Kind = OptimizerKind.Sgd, Nesterov = true } },
            Options with { Loss = LossKind.BinaryCrossEntropy },
            Options with { Augmentation = ImageTransforms.Part1 },
        }.Select(options =>
        {
            using var run = new SmallRun(Data.Root);
            run.Train(options with { Epochs = 1 });
            return string.Join(
                ' ', run.Told.Select(told => (told.Result with { Seconds = 0, ImagesPerSecond = 0 }).ToString()));
        })];
        Assert.That(lasts, Is.Unique);
    }

    [Test]
    public void The_summed_loss_is_the_sum_over_all_images_whatever_the_batches()
    {
        Evaluation validation = Reference.Evaluate(Reference.Files.Best, Options)[0].Evaluation;
        Evaluation inOne = Reference.Evaluate(Reference.Files.Best, Options with { Batch = 9 })[0].Evaluation;
        Assert.That(inOne.Loss, Is.EqualTo(validation.Loss).Within(1e-5 * validation.Loss));
        // Near a probability of one half every label of an image costs about alpha or 1 - alpha times 1/4 ln 2; there
        // are 27.
        Assert.That(History[0].ValidationLoss, Is.InRange(27 * 0.25 * 0.25 * 0.5, 27 * 0.75 * 0.25 * 1.5));
    }

    [Test]
    public void The_final_evaluation_repeats_the_numbers_of_the_best_epoch_and_has_all_metrics()
    {
        EpochResult best = History.Single(
            epoch => epoch.Epoch == Checkpoint.ReadInfo(Reference.Files.Best).History[^1].Epoch);
        IReadOnlyList<SplitEvaluation> results = Reference.Evaluate(Reference.Files.Best, Options, training: true);

        Assert.That(
            results.Select(result => result.Split), Is.EqualTo(new[] { "train", "validation" }),
            "The test images have no labels.");
        Assert.That(
            (results[0].Evaluation.Loss, results[0].Evaluation.Accuracy, results[0].Evaluation.F1),
            Is.EqualTo((best.TrainLoss, best.TrainAccuracy, best.TrainF1)));
        Assert.That(
            (results[1].Evaluation.Loss, results[1].Evaluation.Accuracy, results[1].Evaluation.F1),
            Is.EqualTo((best.ValidationLoss, best.ValidationAccuracy, best.ValidationF1)));
        Assert.That(
            results[1].Evaluation.Confusion.Select(matrix => matrix.Rows[1].Sum()), Is.EqualTo(new[] { 3, 6, 3 }),
            "covid, pneumonia, normal");
        IReadOnlyList<ClassMetrics> classes = results[1].Classes;
        Assert.That(classes.Select(metrics => metrics.Name), Is.EqualTo(new[] { "covid", "pneumonia", "normal" }));
        Assert.That(classes.Select(metrics => metrics.Confusion.Total), Is.All.EqualTo(9));
    }

    [Test]
    public void Predictions_of_files_and_of_their_normalised_images_agree_and_come_in_the_order_of_the_names()
    {
        using ComputeDevice device = SmallRun.Open(2);
        using var predictor = new Predictor(device, Reference.Files.Best);
        ImageDataset images = Reference.Images(Options);
        ImageBatchLoader loader = Reference.Loader(Options with { Batch = 3 }, 2);
        IReadOnlyList<ImagePrediction> predictions = predictor.Predict(
            images.Unlabelled, loader, CancellationToken.None);
        Assert.That(
            predictions.Select(prediction => prediction.Name),
            Is.EqualTo(new[] { "0.png", "1.png", "10.png", "11.png" }));

        string file = Reference.PathOf("input.safetensors");
        NormalisedImages.Write(file, device, images.Unlabelled, Reference.Loader(Options, 2), Options);
        IReadOnlyList<ImagePrediction> again = predictor.Predict(file, batchSize: 3, CancellationToken.None);
        Assert.That(again.Select(prediction => prediction.Name), Is.EqualTo(new[] { "0", "1", "2", "3" }));
        for (int i = 0; i < again.Count; i++)
            Assert.That(again[i].Probabilities, Is.EqualTo(predictions[i].Probabilities));

        string csv = Reference.PathOf("results.csv");
        PredictionFile.Write(csv, ClassificationTask.MultiLabel, predictions);
        Assert.That(File.ReadAllLines(csv), Is.EqualTo(predictions.Select(prediction =>
            $"{prediction.Name},{string.Join(',', Enumerable.Range(0, 3).Select(c => prediction.Probabilities[c] > 0.5 ? 1 : 0))}")));
    }
}
