using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Tests.Training;

/// <summary>Trains ResNet18 on a few small images, in a folder that is gone afterwards.</summary>
internal sealed class SmallRun : IDisposable
{
    /// <summary>
    /// Two steps an epoch on <see cref="DataFolder.Complete"/>'s six training images, with a rate at which epochs
    /// differ.
    /// </summary>
    public static readonly TrainingOptions Options = new()
    {
        Size = 32,
        Batch = 4,
        Epochs = 2,
        Optimizer = new OptimizerOptions { LearningRate = 0.01f },
        Seed = 1,
    };

    private readonly string data;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ilgpucxr-run-");

    /// <param name="data">The root of a data set.</param>
    public SmallRun(string data) => this.data = data;

    public RunDirectory Files => new(folder.FullName);

    public ImageDataset Images(TrainingOptions options) => ImageDataset.Open(data, options.Task);

    /// <summary>What the observer was told: each epoch, and whether it was the best so far.</summary>
    public List<(EpochResult Result, bool IsBest)> Told { get; } = [];

    public string Best => Digest.OfFile(PathOf("best.safetensors"));

    public string Last => Digest.OfFile(PathOf("last.safetensors"));

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    public IReadOnlyList<EpochResult> Train(
        TrainingOptions options, int threads = 2, bool resume = false, Action<EpochResult>? onEpoch = null,
        InitialWeights? weights = null, CancellationToken cancellation = default)
    {
        using ComputeDevice device = Open(threads);
        using var trainer = new Trainer(device, options, Images(options), Loader(options, threads), Files, weights);
        if (resume)
            trainer.Resume();
        else
            trainer.Begin();
        return trainer.Run(new Observer(Told, onEpoch), cancellation);
    }

    public IReadOnlyList<SplitEvaluation> Evaluate(string checkpoint, TrainingOptions options, bool training = false)
    {
        using ComputeDevice device = Open(2);
        return CheckpointEvaluation.Run(
            device, checkpoint, Images(options), Loader(options, 2), training, CancellationToken.None).Splits;
    }

    public void Dispose() => folder.Delete(recursive: true);

    public static ComputeDevice Open(int threads) =>
        DeviceCatalog.Open("cpu", new DeviceOptions { Threads = threads, Algorithms = "" });

    public ImageBatchLoader Loader(TrainingOptions options, int threads) => new(
        new DecodedImageCache(new VipsImageDecoder(), PathOf("images")), options.Batches(threads, strict: false));

    public sealed class Observer(
        List<(EpochResult Result, bool IsBest)> told, Action<EpochResult>? onEpoch) : ITrainingObserver
    {
        public void OnProgress(in TrainingProgress progress)
        {
        }

        public void OnEpoch(EpochResult result, bool isBest)
        {
            told.Add((result, isBest));
            onEpoch?.Invoke(result);
        }
    }
}
