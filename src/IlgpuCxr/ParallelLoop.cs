using System.Runtime.ExceptionServices;

namespace IlgpuCxr;

/// <summary>A loop whose rounds run beside each other.</summary>
internal static class ParallelLoop
{
    /// <summary>Runs all rounds; of what fails in parallel the first is thrown, as it is.</summary>
    /// <param name="count">How many rounds.</param>
    /// <param name="threads">How many run at a time.</param>
    /// <param name="body">Given the number of the round.</param>
    /// <param name="cancellation">Stops between two rounds.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static void Run(int count, int threads, Action<int> body, CancellationToken cancellation)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        try
        {
            Parallel.For(0, count, options, body);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
