namespace IlgpuCxr.Training;

/// <summary>Who watches a run: the console's live display, or a test.</summary>
public interface ITrainingObserver
{
    /// <summary>A batch is done.</summary>
    void OnProgress(in TrainingProgress progress);

    /// <summary>An epoch is done and saved.</summary>
    /// <param name="result">What it reached.</param>
    /// <param name="isBest">Whether its validation accuracy is the highest so far.</param>
    void OnEpoch(EpochResult result, bool isBest);
}

/// <summary>Where a run is.</summary>
/// <param name="Epoch">Index of the epoch, from 0; <see cref="EpochResult.Untrained"/> before the first.</param>
/// <param name="Epochs">Number of epochs.</param>
/// <param name="Phase">What is being done.</param>
/// <param name="Step">Batches done in this phase.</param>
/// <param name="Steps">Batches in this phase.</param>
/// <param name="Loss">
/// Reads the loss of the phase so far, over its images, for which it waits for the device; of use within
/// <see cref="ITrainingObserver.OnProgress"/> only.
/// </param>
/// <param name="ImagesPerSecond">Speed of the phase so far.</param>
/// <param name="Done">Share of the whole run that is done, from 0 to 1.</param>
public readonly record struct TrainingProgress(
    int Epoch, int Epochs, TrainingPhase Phase, int Step, int Steps, Func<double> Loss, double ImagesPerSecond, double Done);

/// <summary>The parts of an epoch.</summary>
public enum TrainingPhase
{
    /// <summary>Learning from the training images.</summary>
    Training,

    /// <summary>Evaluating on the augmented training images.</summary>
    EvaluatingTraining,

    /// <summary>Evaluating on the validation images.</summary>
    Validating,
}
