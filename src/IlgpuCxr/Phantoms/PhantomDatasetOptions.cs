using IlgpuCxr.Data;

namespace IlgpuCxr.Phantoms;

/// <summary>All that decides the contents of a data set of phantoms.</summary>
/// <param name="Part">Whose folder layout it has.</param>
/// <param name="Counts">How many images.</param>
/// <param name="Size">Their width and height.</param>
/// <param name="Seed">Another seed, other patients.</param>
/// <param name="Difficulty">See <see cref="Phantom.Draw"/>.</param>
public sealed record PhantomDatasetOptions(
    StudyPart Part,
    PhantomCounts Counts,
    int Size,
    ulong Seed,
    double Difficulty = Phantom.DefaultDifficulty);
