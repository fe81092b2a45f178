using IlgpuCxr.Models;
using IlgpuCxr.Study;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Reproduction;

/// <summary>What the networks of the study start from.</summary>
public sealed class StudyWeights
{
    private readonly Dictionary<(string Network, string Where), InitialWeights> found = [];
    private readonly StudyOptions options;

    /// <summary>Finds the weights that the rows need; see <see cref="StudyOptions.Weights"/>.</summary>
    /// <param name="options">The rows, their images and their weights.</param>
    /// <exception cref="NetworkException">
    /// A file, a directory or ImageNet's weights are named and are not there.
    /// </exception>
    /// <exception cref="UsageException">A file is named, and the rows are of both networks.</exception>
    /// <exception cref="WeightFormatException">A file cannot be read.</exception>
    public StudyWeights(StudyOptions options)
    {
        this.options = options;
        var missing = new List<StudyRow>();
        foreach (StudyRow row in options.Rows)
        {
            if (found.ContainsKey(Key(row)))
                continue;
            try
            {
                found[Key(row)] = InitialWeights.Find(Where(row), row.Network);
            }
            catch (NetworkException) when (options.Weights is null)
            {
                found[Key(row)] = InitialWeights.Random;
                missing.Add(row);
            }
        }
        // Found of each network, a directory's and the cache's are different files.
        if (found.Count > 1 && found.Values.First().Path is { } one && found.Values.All(weights => weights.Path == one))
            throw new UsageException(
                $"--weights {options.Weights} is a file, and so of one network, but the rows are of both; name a directory with the files of both networks, or choose the --rows of one.");
        if (missing.Count > 0)
        {
            Notice =
                $"There are no ImageNet weights of {string.Join(" and ", missing.Select(row => row.NetworkTitle))} (get them by {string.Join(" and ", missing.Select(row => $"'cxr weights fetch {row.Network}'"))}): starting from random weights, where the study starts from ImageNet's.";
        }
        else if (options.Rows.Any(row => Where(row) == InitialWeights.RandomName))
        {
            Notice = "Starting from random weights, where the study starts from ImageNet's.";
        }
    }

    /// <summary>What a user should know about them; null where they are as in the study.</summary>
    public string? Notice { get; }

    /// <summary>The weights of a row's network.</summary>
    /// <param name="row">The row.</param>
    public InitialWeights Of(StudyRow row) => found[Key(row)];

    private (string Network, string Where) Key(StudyRow row) => (row.Network, Where(row));

    private string Where(StudyRow row) =>
        options.Weights
        ?? (options.Directory(row.Part) is null ? InitialWeights.RandomName : InitialWeights.ImageNetName);
}
