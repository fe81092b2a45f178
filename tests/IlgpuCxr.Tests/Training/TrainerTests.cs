using System.Globalization;
using System.Text.Json;
using IlgpuCxr.Data;
using IlgpuCxr.Explain;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class TrainerTests() : TrainingRunTests(Options, () => DataFolder.Complete())
{
    private static readonly TrainingOptions Options = SmallRun.Options;

    [Test]
    public void Another_seed_gives_other_weights()
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Seed = 2 });
        Assert.That(Parameters(run), Is.Not.EqualTo(Parameters(Reference)));
    }

    [Test]
    public void A_run_that_is_resumed_gives_the_bytes_of_one_that_was_never_interrupted()
    {
        using var run = new SmallRun(Data.Root);
        using var stop = new CancellationTokenSource();
        Assert.That(
            () => run.Train(Options, onEpoch: _ => stop.Cancel(), cancellation: stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            Checkpoint.ReadInfo(run.Files.Last).History, Has.Count.EqualTo(1), "the epoch that was done is saved");

        IReadOnlyList<EpochResult> resumed = run.Train(Options, resume: true);

        AssertSameBytes(run);
        Assert.That(resumed, Has.Count.EqualTo(2));
        Assert.That(resumed[0].Seconds, Is.GreaterThan(0), "the first epoch's time comes from log.csv");
        Assert.That(File.ReadAllLines(run.PathOf("log.csv")), Has.Length.EqualTo(3));
    }

    [Test]
    public void Probabilities_of_one_class_an_image_add_up_to_one()
    {
        using ComputeDevice device = SmallRun.Open(2);
        using var predictor = new Predictor(device, Reference.Files.Best);
        IReadOnlyList<ImagePrediction> predictions = predictor.Predict(
            Reference.Images(Options).Test, Reference.Loader(Options, 2), CancellationToken.None);
        Assert.That(predictions, Has.Count.EqualTo(Reference.Images(Options).Test.Count).And.Count.Positive);
        foreach (ImagePrediction prediction in predictions)
        {
            Assert.That(prediction.Probabilities.Sum(), Is.EqualTo(1).Within(1e-9), prediction.Name);
            Assert.That(
                prediction.Probabilities[prediction.Label], Is.EqualTo(prediction.Probabilities.Max()),
                prediction.Name);
        }
    }

    [Test]
    public void Evaluation_draws_other_transforms_than_training() =>
        Assert.That(Trainer.TrainingEvaluationSeed(Options), Is.Not.EqualTo(Options.Seed));

    [Test]
    public void First_weights_follow_the_seed()
    {
        using var run = new SmallRun(Data.Root);
        // So small a rate that each weight stays what it was.
        run.Train(Options with { Seed = 7, Epochs = 1, Optimizer = new OptimizerOptions { LearningRate = 1e-30f } });
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(7);
        using Network trained = Checkpoint.LoadNetwork(run.Files.Last, device).Network;
        foreach ((Parameter first, Parameter last) in network.Parameters.Zip(trained.Parameters).Where(pair => pair.First.Name.EndsWith(".weight", StringComparison.Ordinal)))
            Assert.That(
                Digest.Of(device.Download(last.Value)), Is.EqualTo(Digest.Of(device.Download(first.Value))),
                first.Name);
    }

    [Test]
    public void A_trainer_that_was_stopped_within_an_epoch_does_not_go_on()
    {
        using var run = new SmallRun(Data.Root);
        using ComputeDevice device = SmallRun.Open(1);
        using var trainer = new Trainer(device, Options, run.Images(Options), run.Loader(Options, 1), run.Files);
        trainer.Begin();
        var observer = new SmallRun.Observer(run.Told, null);
        Assert.That(
            () => trainer.Run(observer, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            () => trainer.Run(observer, CancellationToken.None),
            Throws.InvalidOperationException.With.Message.Contains("make a new trainer and resume"));
    }

    [Test]
    public void A_trainer_has_one_directory_before_it_trains()
    {
        using var run = new SmallRun(Data.Root);
        using ComputeDevice device = SmallRun.Open(1);
        using var trainer = new Trainer(device, Options, run.Images(Options), run.Loader(Options, 1), run.Files);
        Assert.That(
            () => trainer.Run(new SmallRun.Observer(run.Told, null), CancellationToken.None),
            Throws.InvalidOperationException.With.Message.Contains("call Begin or Resume first"));
        trainer.Begin();
        Assert.That(trainer.Resume, Throws.InvalidOperationException.With.Message.Contains("has begun already"));
    }

    [Test]
    public void What_is_not_what_the_options_say_is_refused_before_anything_is_trained()
    {
        using var run = new SmallRun(Data.Root);
        using ComputeDevice device = SmallRun.Open(1);
        ImageDataset images = run.Images(Options);
        ImageBatchLoader loader = run.Loader(Options, 1);
        TrainingOptions labels = TrainingOptions.Study(ClassificationTask.MultiLabel) with
        {
            Size = Options.Size,
            Batch = Options.Batch,
        };
        AssertRefused(labels, images, run.Loader(labels, 1), "for the task Binary, but the options for MultiLabel; ");
        AssertRefused(
            Options, ImageDataset.OpenForEvaluation(Data.Root, Options.Task, images.ClassNames), loader,
            "has 0 images to train on and 6 to validate on; ");
        var withoutValidation = new ImageDataset(Data.Root, Options.Task)
        {
            ClassNames = images.ClassNames,
            Train = images.Train,
        };
        AssertRefused(Options, withoutValidation, loader, "has 6 images to train on and 0 to validate on; ");
        AssertRefused(
            Options with { Size = 40 }, images, loader, "images of 32x32 pixels with the transforms of Part1");
        AssertRefused(
            Options with { Augmentation = ImageTransforms.Part2 }, images, loader, "of 32x32 pixels and Part2; ");
        AssertRefused(Options with { Batch = 3 }, images, loader, "batches of 4 images, but the options say 3; ");
        AssertRefused(
            Options with { Weights = "sha256:0" }, images, loader, "a run that starts from sha256:0, not from random");

        void AssertRefused(TrainingOptions options, ImageDataset data, ImageBatchLoader batches, string expected) =>
            Assert.That(
                () => new Trainer(device, options, data, batches, run.Files).Dispose(),
                Throws.ArgumentException.With.Message.Contains(expected));
    }

    [Test]
    public void A_checkpoint_judges_only_such_images_as_it_was_trained_on()
    {
        using ComputeDevice device = SmallRun.Open(1);
        ImageDataset images = Reference.Images(Options);
        ImageBatchLoader loader = Reference.Loader(Options with { Size = 40 }, 1);
        using var predictor = new Predictor(device, Reference.Files.Best);
        using var explainer = new Explainer(device, Reference.Files.Best);
        foreach (Action judge in new Action[]
        {
            () => predictor.Predict(images.Test, loader, CancellationToken.None),
            () => explainer.Explain(images.Test[0], loader, null, CancellationToken.None),
            () => Evaluate(images, loader),
        })
        {
            Assert.That(judge, Throws.ArgumentException.With.Message.Contains("images of 40x40 pixels"));
        }
        ImageDataset others = ImageDataset.OpenForEvaluation(Data.Root, Options.Task, images.ClassNames);
        Assert.That(
            () => Evaluate(others, Reference.Loader(Options, 1)),
            Throws.ArgumentException.With.Message.Contains("has no image to train on"));

        void Evaluate(ImageDataset data, ImageBatchLoader batches) => CheckpointEvaluation.Run(
            device, Reference.Files.Best, data, batches, training: true, CancellationToken.None);
    }

    [Test]
    public void A_step_that_throws_leaves_the_next_its_memory()
    {
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(1);
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, null);
        using DeviceBuffer<float> logits = device.Allocate<float>(2 * network.Head.Outputs);
        using DeviceBuffer<float> wrong = device.Allocate<float>(1);
        var images = new TensorShape(2, 32, 32, 3);
        step.Predict(images, _ => { }, logits.View);
        Assert.That(
            () => step.Predict(images, tensor => device.Copy(tensor.View, wrong.View), logits.View),
            Throws.ArgumentException);
        Assert.That(() => step.Predict(images, _ => { }, logits.View), Throws.Nothing);
        Assert.That(device.Arena.Trim, Throws.Nothing);
    }

    [Test]
    public void Targets_of_another_number_than_the_images_are_refused()
    {
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        using var optimizer = new Optimizer(device, network, Options.Optimizer);
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        using DeviceBuffer<int> classes = device.Allocate<int>(5);
        using DeviceBuffer<float> labels = device.Allocate<float>(5), loss = device.Allocate<float>(1);
        foreach (BatchTargets targets in new[]
        {
            BatchTargets.OfClasses(classes.View), BatchTargets.OfClasses(classes.View.SubView(0, 1)),
            BatchTargets.OfLabels(labels.View), default,
        })
        {
            Assert.That(
                () => step.Train(new TensorShape(2, 32, 32, 3), _ => { }, targets, loss.View),
                Throws.ArgumentException.With.Message.Contains("a batch of 2 images; give 2 classes, or 4 labels."));
        }
    }

    [Test]
    public void More_images_than_an_evaluation_has_memory_for_are_refused()
    {
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, null);
        using var batch = new DeviceBatch(device, Options.Task, network.Head.Outputs);
        Assert.That(
            () => new Evaluator(device, step, batch).Run(
                Reference.Loader(Options, 1).Evaluation(Reference.Images(Options).Validation), images: 5),
            Throws.ArgumentException.With.Message.Contains("More images come than the 5 "));
    }

    [Test]
    public void A_step_whose_memory_was_given_back_is_planned_again()
    {
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(1);
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, null);
        using DeviceBuffer<float> logits = device.Allocate<float>(3 * network.Head.Outputs);
        TensorShape two = new(2, 32, 32, 3), three = two with { N = 3 };
        step.Predict(two, _ => { }, logits.View.SubView(0, 2 * network.Head.Outputs));
        device.Arena.Trim();
        Assert.That(
            () => step.Predict(two, _ => { }, logits.View.SubView(0, 2 * network.Head.Outputs)), Throws.Nothing);
        step.Predict(three, _ => { }, logits.View);
        // What was planned in less memory still fits.
        int plans = 0;
        step.Predict(two, _ => plans++, logits.View.SubView(0, 2 * network.Head.Outputs));
        Assert.That(plans, Is.EqualTo(1), "once, to run");
    }

    [TestCase("best")]
    [TestCase("last")]
    public void Half_a_checkpoint_of_a_killed_process_is_removed(string name)
    {
        using var run = new SmallRun(Data.Root);
        string half = run.PathOf(name + ".safetensors.0123456789abcdef" + AtomicFile.TemporarySuffix);
        string other = run.PathOf("notes.tmp");
        File.WriteAllText(half, "half");
        File.WriteAllText(other, "mine");
        run.Train(Options with { Epochs = 1 });
        Assert.That(File.Exists(half), Is.False);
        Assert.That(File.Exists(other));
    }

    [Test]
    public void A_process_that_is_killed_between_the_two_checkpoints_has_saved_the_last()
    {
        using var run = new SmallRun(Data.Root);
        // Nothing can be written in its place.
        Directory.CreateDirectory(run.PathOf("best.safetensors"));
        Assert.That(
            () => run.Train(Options),
            Throws.TypeOf<IOException>().With.Message.Contains("best.safetensors"));
        Directory.Delete(run.PathOf("best.safetensors"));
        run.Train(Options, resume: true);
        AssertSameBytes(run);
    }

    [Test]
    public void A_best_checkpoint_that_was_not_written_any_more_is_written_when_the_run_is_resumed()
    {
        using var run = new SmallRun(Data.Root);
        TrainingOptions options = Options with { Epochs = 1 };
        run.Train(options);
        string best = run.Best;
        using (ComputeDevice device = SmallRun.Open(1))
        using (var earlier = new Network(device, "resnet18", NetworkHead.Part1))
        {
            CheckpointInfo info = Checkpoint.ReadInfo(run.Files.Last);
            Checkpoint.Save(run.Files.Best, device, earlier, null, info with { History = [] });
        }
        Assert.That(run.Best, Is.Not.EqualTo(best));
        run.Train(options, resume: true);
        Assert.That(run.Best, Is.EqualTo(best));
    }

    [Test]
    public void A_run_of_one_epoch_goes_on_to_two()
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1 });
        run.Train(Options, resume: true);
        Assert.That(run.Last, Is.EqualTo(Reference.Last));
        using var configuration = JsonDocument.Parse(File.ReadAllBytes(run.PathOf("config.json")));
        Assert.That(configuration.RootElement.GetProperty("options").GetProperty("epochs").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public void A_run_that_goes_on_with_other_algorithms_tells_both_once_an_epoch_of_them_is_saved()
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1 });
        string before = run.Files.ReadTrainedOn()!;
        string both = $"{before}, from epoch 1 on {before} in fp32 with the algorithms relu=naive";
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.That(() => Resume(2, stopped.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(run.Files.ReadTrainedOn(), Is.EqualTo(before), "nothing of them is saved");
        foreach (int epochs in new[] { 2, 3 })
        {
            Assert.That(Resume(epochs, CancellationToken.None), Is.EqualTo(both));
            Assert.That(run.Files.ReadTrainedOn(), Is.EqualTo(both));
        }

        string Resume(int epochs, CancellationToken cancellation)
        {
            TrainingOptions options = Options with { Epochs = epochs };
            using ComputeDevice device = DeviceCatalog.Open(
                "cpu", new DeviceOptions { Threads = 2, Algorithms = "relu=naive" });
            using var trainer = new Trainer(device, options, run.Images(options), run.Loader(options, 2), run.Files);
            trainer.Resume();
            trainer.Run(new SmallRun.Observer([], null), cancellation);
            return trainer.TrainedOn;
        }
    }

    [Test]
    public void Resuming_a_run_that_is_done_changes_nothing()
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1 });
        (string best, string last) = (run.Best, run.Last);
        run.Told.Clear();
        Assert.That(run.Train(Options with { Epochs = 1 }, resume: true), Has.Count.EqualTo(1));
        Assert.That(run.Told, Is.Empty);
        Assert.That(run.Best, Is.EqualTo(best));
        Assert.That(run.Last, Is.EqualTo(last));
    }

    [Test]
    public void A_log_that_somebody_changed_does_not_stop_a_run()
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1 });
        File.WriteAllText(run.PathOf("log.csv"), "my own notes\n");
        Assert.That(run.Train(Options, resume: true), Has.Count.EqualTo(2));
        Assert.That(run.Last, Is.EqualTo(Reference.Last));
    }

    [Test]
    public void A_log_that_is_held_open_leaves_a_history_without_times()
    {
        using var run = new SmallRun(Data.Root);
        run.Files.WriteLog(History);
        EpochResult[] without = [.. History.Select(epoch => epoch with { Seconds = 0, ImagesPerSecond = 0 })];
        Assert.That(run.Files.WithTimes(without), Is.EqualTo(History));
        using (new FileStream(run.PathOf("log.csv"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.That(run.Files.WithTimes(without), Is.EqualTo(without));
    }

    [Test]
    public void A_log_with_a_damaged_line_keeps_the_times_of_the_others()
    {
        using var run = new SmallRun(Data.Root);
        run.Files.WriteLog(History);
        string[] lines = File.ReadAllLines(run.PathOf("log.csv"));
        lines[1] = lines[1][..lines[1].LastIndexOf(',')];
        File.WriteAllLines(run.PathOf("log.csv"), lines);
        EpochResult[] without = [.. History.Select(epoch => epoch with { Seconds = 0, ImagesPerSecond = 0 })];
        Assert.That(
            run.Files.WithTimes(without), Is.EqualTo(without.Take(1).Concat(History.Skip(1))).And.Not.EqualTo(without));
    }

    [Test]
    public void A_disk_without_room_for_checkpoints_is_refused_and_nothing_left_on_it()
    {
        using var run = new SmallRun(Data.Root);
        // No disk has so much.
        Assert.That(
            () => run.Files.RequireRoom(1L << 60),
            Throws.TypeOf<IOException>().With.Message.Contains("no room for checkpoints, which take up to 1152921504607 MB"));
        Assert.That(Directory.GetFiles(run.Files.Location), Is.Empty);
        Assert.That(() => run.Files.RequireRoom(1), Throws.Nothing);
        Assert.That(Directory.GetFiles(run.Files.Location), Is.Empty);
    }

    [Test]
    public void A_log_that_cannot_be_written_loses_no_epoch()
    {
        using var run = new SmallRun(Data.Root);
        Directory.CreateDirectory(run.PathOf("log.csv"));
        Assert.That(
            () => run.Train(Options),
            Throws.InstanceOf<IOException>().With.Message.Contains("log.csv' cannot be written"));
        AssertSameBytes(run);
        Directory.Delete(run.PathOf("log.csv"));
        Assert.That(run.Train(Options, resume: true), Has.Count.EqualTo(2));
        Assert.That(File.ReadAllLines(run.PathOf("log.csv")), Has.Length.EqualTo(3));
    }

    [Test]
    public void Images_that_cannot_be_read_are_not_counted_as_trained()
    {
        const int Unreadable = 300;
        using DataFolder images = DataFolder.Complete();
        for (int i = 0; i < Unreadable; i++)
            images.Write($"train/normal/unreadable {i}.png", []);
        using var run = new SmallRun(images.Root);
        EpochResult epoch = run.Train(Options with { Epochs = 1, Batch = 2 * Unreadable })[0];
        // The epoch with its evaluations takes some times as long as its training alone, not fifty times.
        Assert.That(epoch.ImagesPerSecond * epoch.Seconds, Is.InRange(6, 50 * 6));

        var speeds = new List<double>();
        var progress = new EpochProgress(
            new ProgressObserver(told => speeds.Add(told.ImagesPerSecond)), 0, 1, run.Images(Options), Options.Batch);
        progress.In(TrainingPhase.Training)(0, () => 0);
        Assert.That(speeds, Is.EqualTo(new[] { 0.0 }), "of a batch of which nothing was read");
    }

    [Test]
    public void What_is_done_counts_the_passes_through_the_network()
    {
        using var run = new SmallRun(Data.Root);
        var done = new List<double>();
        var progress = new EpochProgress(
            new ProgressObserver(told => done.Add(told.Done)), epoch: 1, epochs: 2, run.Images(Options), batch: 6);
        foreach (TrainingPhase phase in Enum.GetValues<TrainingPhase>())
            progress.In(phase)(6, () => 0);
        // Of 6 images to train on and 6 to validate on: three passes each to learn, one each to be judged.
        Assert.That(done, Is.EqualTo(new[] { (1 + 18 / 30.0) / 2, (1 + 24 / 30.0) / 2, 1 }).Within(1e-12));
    }

    [Test]
    public void Images_of_which_no_batch_can_be_trained_on_are_told()
    {
        using DataFolder images = DataFolder.Complete(imagesAClass: 1);
        images.Write("train/normal/0.png", []);
        using var run = new SmallRun(images.Root);
        Assert.That(
            () => run.Train(Options),
            Throws.TypeOf<DataException>().With.Message.Contains(
                "No batch of epoch 0 can be trained on").And.Message.Contains("--size"));
    }

    [Test]
    public void The_best_epoch_is_the_first_of_those_with_the_highest_validation_accuracy()
    {
        using var run = new SmallRun(Data.Root);
        IReadOnlyList<EpochResult> epochs = run.Train(Options with { Epochs = 5 });

        double highest = epochs.Max(epoch => epoch.ValidationAccuracy);
        Assert.That(
            epochs.Count(epoch => epoch.ValidationAccuracy == highest), Is.AtLeast(2),
            "else the first is the only one");
        int first = epochs.First(epoch => epoch.ValidationAccuracy == highest).Epoch;
        CheckpointInfo best = Checkpoint.ReadInfo(run.Files.Best);
        Assert.That(best.History[^1].Epoch, Is.EqualTo(first));
        Assert.That(run.Told.Last(told => told.IsBest).Result.Epoch, Is.EqualTo(first));
    }

    [TestCase(-1, 1)]
    [TestCase(100, 0)]
    public void An_epoch_is_the_best_where_it_is_better_than_those_before(double before, int best)
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1 });
        using (ComputeDevice device = SmallRun.Open(1))
        using (var network = new Network(device, "resnet18", NetworkHead.Part1))
        using (var optimizer = new Optimizer(device, network, Options.Optimizer))
        {
            // As if the first epoch had been worse, or better, than any other can be.
            CheckpointInfo info = Checkpoint.ReadInfo(run.Files.Last);
            Checkpoint.Load(run.Files.Last, device, network, optimizer);
            Checkpoint.Save(
                run.Files.Last, device, network, optimizer,
                info with { History = [info.History[0] with { ValidationAccuracy = before }] });
        }
        IReadOnlyList<EpochResult> epochs = run.Train(Options, resume: true);
        Assert.That(run.Told[^1].IsBest, Is.EqualTo(best == 1));
        Assert.That(Checkpoint.ReadInfo(run.Files.Best).History[^1].Epoch, Is.EqualTo(best));
        Assert.That(
            run.Evaluate(run.Files.Best, Options, training: true)[0].Evaluation.Loss,
            Is.EqualTo(epochs[best].TrainLoss), "the training images, augmented as in that epoch");
    }

    [Test]
    public void The_best_checkpoint_evaluates_to_what_its_epoch_was_told_to_reach()
    {
        CheckpointInfo info = Checkpoint.ReadInfo(Reference.Files.Best);
        IReadOnlyList<SplitEvaluation> results = Reference.Evaluate(Reference.Files.Best, Options);

        Assert.That(results.Select(result => result.Split), Is.EqualTo(new[] { "validation", "test" }));
        EpochResult told = History[info.History[^1].Epoch];
        Assert.That(results[0].Evaluation.Loss, Is.EqualTo(told.ValidationLoss));
        Assert.That(results[0].Evaluation.Accuracy, Is.EqualTo(told.ValidationAccuracy));
        Assert.That(results[0].Evaluation.F1, Is.EqualTo(told.ValidationF1));
    }

    [Test]
    public void A_checkpoint_without_epochs_is_evaluated_too()
    {
        string untrained = Reference.PathOf("untrained.safetensors");
        using (ComputeDevice device = SmallRun.Open(2))
        {
            (Network network, CheckpointInfo info) = Checkpoint.LoadNetwork(Reference.Files.Best, device);
            using (network)
                Checkpoint.Save(untrained, device, network, info: info with { History = [] });
        }
        IReadOnlyList<SplitEvaluation> results = Reference.Evaluate(untrained, Options, training: true);
        Assert.That(results.Select(result => result.Split), Is.EqualTo(new[] { "train", "validation", "test" }));
    }

    [Test]
    public void The_log_has_a_row_for_each_epoch()
    {
        string[] lines = File.ReadAllLines(Reference.PathOf("log.csv"));
        Assert.That(lines[0], Is.EqualTo(
            "epoch,loss,train_loss,train_accuracy,train_f1,validation_loss,validation_accuracy,validation_f1,seconds,images_per_second"));
        Assert.That(lines, Has.Length.EqualTo(1 + History.Count));
        for (int i = 0; i < History.Count; i++)
        {
            EpochResult epoch = History[i];
            double[] row =
                [.. lines[1 + i].Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            Assert.That(row, Is.EqualTo(new[]
            {
                i, epoch.Loss!.Value, epoch.TrainLoss, epoch.TrainAccuracy, epoch.TrainF1, epoch.ValidationLoss,
                epoch.ValidationAccuracy, epoch.ValidationF1, epoch.Seconds, epoch.ImagesPerSecond,
            }));
        }
    }

    [Test]
    public void The_configuration_tells_options_classes_data_and_device()
    {
        using var configuration = JsonDocument.Parse(File.ReadAllBytes(Reference.PathOf("config.json")));
        JsonElement root = configuration.RootElement;
        Assert.That(
            root.GetProperty("options").Deserialize<TrainingOptions>(JsonSerializerOptions.Web), Is.EqualTo(Options));
        Assert.That(root.GetProperty("classes").Deserialize<string[]>(), Is.EqualTo(new[] { "infected", "normal" }));
        Assert.That(root.GetProperty("data").GetString(), Is.EqualTo(Path.GetFullPath(Data.Root)));
        Assert.That(root.GetProperty("device").GetString(), Does.StartWith("CPU, 2 threads"));
    }

    [Test]
    public void What_is_frozen_keeps_its_bits_while_its_running_statistics_move()
    {
        const string Frozen = "conv1,bn1,layer1,layer2,layer3";
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1, Freeze = Frozen });
        using ComputeDevice device = SmallRun.Open(1);
        using var before = new Network(device, "resnet18", NetworkHead.Part1);
        before.Initialize(Options.Seed);
        using var after = new Network(device, "resnet18", NetworkHead.Part1);
        Checkpoint.Load(run.Files.Last, device, after, null);

        foreach ((Parameter first, Parameter last) in before.Parameters.Zip(after.Parameters))
        {
            bool isFrozen = !first.IsBuffer && Frozen.Split(',').Contains(first.Name.Split('.')[0]);
            (string before, string after) bits = (Digest.Of(device.Download(first.Value)), Digest.Of(device.Download(last.Value)));
            Assert.That(bits.after, isFrozen ? Is.EqualTo(bits.before) : Is.Not.EqualTo(bits.before), first.Name);
        }
    }

    [Test]
    public void A_last_batch_of_a_single_smallest_image_is_left_out()
    {
        using var run = new SmallRun(Data.Root);
        run.Train(Options with { Epochs = 1, Batch = 5 });
        Assert.That(Checkpoint.ReadInfo(run.Files.Last).History[0].Loss, Is.Not.NaN);
    }

    [Test]
    public void Batches_of_a_single_smallest_image_are_refused_before_training()
    {
        using var run = new SmallRun(Data.Root);
        Assert.That(
            () => run.Train(Options with { Batch = 1 }),
            Throws.TypeOf<UsageException>().With.Message.Contains("32x32").And.Message.Contains(
                "a size of 65 or a batch of 8"));
    }

    [Test]
    public void A_batch_may_be_larger_than_the_data()
    {
        using var run = new SmallRun(Data.Root);
        Assert.That(run.Train(Options with { Epochs = 1, Batch = int.MaxValue })[0].ImagesPerSecond, Is.Positive);
    }

    [Test]
    public void A_directory_with_another_run_is_not_overwritten()
    {
        string last = Reference.Last;
        Assert.That(
            () => Reference.Train(Options with { Seed = 5 }),
            Throws.TypeOf<UsageException>().With.Message.Contains("--out"));
        Assert.That(
            () => Reference.Train(Options with { Seed = 5 }, resume: true),
            Throws.TypeOf<UsageException>().With.Message.Contains("--out"));
        Assert.That(Reference.Last, Is.EqualTo(last));
    }

    [Test]
    public void Trying_a_directory_leaves_the_files_in_it_alone()
    {
        using var run = new SmallRun(Data.Root);
        string mine = run.PathOf(".write-test");
        File.WriteAllText(mine, "mine");
        Assert.That(Directory.GetFileSystemEntries(run.Files.Location), Is.EqualTo(new[] { mine }));
        Assert.That(File.ReadAllText(mine), Is.EqualTo("mine"));
    }

    [Test]
    public void A_directory_that_cannot_be_locked_says_why()
    {
        using var run = new SmallRun(Data.Root);
        using (run.Files.Lock())
            Assert.That(
                () => run.Files.Lock(),
                Throws.TypeOf<UsageException>().With.Message.Contains("Another process is training"));
        using (run.Files.Lock())
            Assert.That(
                () => run.Files.Lock(), Throws.TypeOf<UsageException>(),
                "the file that is left over holds nobody back, and is locked as a new one is");
        File.Delete(run.PathOf(".lock"));
        Directory.CreateDirectory(run.PathOf(".lock"));
        Assert.That(
            () => run.Files.Lock(),
            Throws.TypeOf<IOException>().With.Message.Contains(".lock' cannot be written (it is a directory)"));
    }

    [Test]
    public void A_run_that_does_not_exist_cannot_be_resumed()
    {
        using var run = new SmallRun(Data.Root);
        Assert.That(
            () => run.Train(Options, resume: true),
            Throws.TypeOf<UsageException>().With.Message.Contains("without --resume"));
    }

    [Test]
    public void A_loss_that_is_no_number_ends_the_run_and_keeps_what_was_saved()
    {
        using var run = new SmallRun(Data.Root);
        Assert.That(
            () => run.Train(Options with { Optimizer = Options.Optimizer with { LearningRate = 1e30f } }),
            Throws.TypeOf<NetworkException>().With.Message.Contains("--lr"));
        Assert.That(Checkpoint.Exists(run.Files.Last), Is.False);
    }

    private sealed class ProgressObserver(Action<TrainingProgress> onProgress) : ITrainingObserver
    {
        public void OnProgress(in TrainingProgress progress) => onProgress(progress);

        public void OnEpoch(EpochResult result, bool isBest) { }
    }

    private static string Parameters(SmallRun run)
    {
        using ComputeDevice device = SmallRun.Open(1);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        Checkpoint.Load(run.Files.Last, device, network, null);
        return Digest.Of(device.Download(network.Store.Values));
    }
}
