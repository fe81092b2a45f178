using IlgpuCxr.Models;
using IlgpuCxr.Study;
using IlgpuCxr.Weights;

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
    public StudyWeights(StudyOptions options)
    {
        this.options = options;
        var missing = new List<string>();
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
                missing.Add(row.NetworkTitle);
            }
        }
        if (missing.Count > 0)
        {
            Notice =
                $"There are no ImageNet weights of {string.Join(" and ", missing)} ('cxr weights fetch' gets them): starting from random weights, where the study starts from ImageNet's.";
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
