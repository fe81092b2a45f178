using IlgpuCxr.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>Everything that decides a row's result: a row directory belongs to one configuration.</summary>
/// <param name="Row">As <c>--rows</c> names it.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="Data">The images.</param>
public sealed record RowConfiguration(string Row, TrainingOptions Options, DataDescription Data);
