using IlgpuCxr.Data;
using IlgpuCxr.Study;
using IlgpuCxr.Training;

namespace IlgpuCxr.Reproduction;

/// <summary>Who watches a reproduction: the console's live display, or a test.</summary>
public interface IReproductionObserver
{
    /// <summary>Phantoms are being drawn.</summary>
    /// <param name="part">Of which part.</param>
    /// <param name="done">How many are there.</param>
    /// <param name="total">How many there will be.</param>
    void OnPhantoms(StudyPart part, int done, int total);

    /// <summary>A row's turn has come.</summary>
    /// <param name="row">The row.</param>
    void OnRow(RowPlan row);

    /// <summary>A batch is done.</summary>
    /// <param name="row">The row.</param>
    /// <param name="progress">Where it is.</param>
    /// <param name="left">The time that everything will still take; null as long as nothing is known about it.</param>
    void OnProgress(RowPlan row, in TrainingProgress progress, TimeSpan? left);

    /// <summary>An epoch is done and saved.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What it reached.</param>
    /// <param name="isBest">Whether its validation accuracy is the highest so far.</param>
    /// <param name="left">The time that everything will still take; null as long as nothing is known about it.</param>
    void OnEpoch(RowPlan row, EpochResult result, bool isBest, TimeSpan? left);

    /// <summary>A row is complete, now or since an earlier call.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="wasComplete">Whether an earlier call had completed it.</param>
    void OnResult(RowPlan row, RowResult result, bool wasComplete);

    /// <summary>A row cannot be completed; the others go on.</summary>
    /// <param name="row">The row.</param>
    /// <param name="reason">One sentence that names the row, its directory and the remedy.</param>
    /// <param name="exception">Where it failed.</param>
    void OnFailure(RowPlan row, string reason, Exception exception);
}

/// <summary>A row that could not be completed.</summary>
/// <param name="Row">The row.</param>
/// <param name="Reason">One sentence that names the row, its directory and the remedy.</param>
public sealed record FailedRow(StudyRow Row, string Reason);

/// <summary>A row and what it is trained with.</summary>
/// <param name="Row">The row.</param>
/// <param name="Configuration">What decides its result.</param>
/// <param name="Directory">Its run directory.</param>
/// <param name="Data">Its images.</param>
public sealed record RowPlan(StudyRow Row, RowConfiguration Configuration, RowDirectory Directory, StudyData Data);
