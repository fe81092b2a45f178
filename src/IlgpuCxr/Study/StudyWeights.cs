using IlgpuCxr.Models;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Study;

/// <summary>What the networks of the study start from.</summary>
public sealed class StudyWeights
{
    private readonly Dictionary<string, InitialWeights> byNetwork = [];

    /// <summary>Finds the weights of the networks that rows need.</summary>
    /// <param name="where">As <see cref="InitialWeights.Find"/> takes it; where there are no ImageNet weights, random ones stand in.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="NetworkException">A file or directory that is named has no such weights.</exception>
    public StudyWeights(string where, IReadOnlyList<StudyRow> rows)
    {
        var missing = new List<string>();
        foreach (StudyRow row in rows.DistinctBy(row => row.Network))
        {
            try
            {
                byNetwork[row.Network] = InitialWeights.Find(where, row.Network);
            }
            catch (NetworkException) when (where == InitialWeights.ImageNetName)
            {
                byNetwork[row.Network] = InitialWeights.Random;
                missing.Add(row.NetworkTitle);
            }
        }
        if (missing.Count > 0)
        {
            Notice = $"There are no ImageNet weights of {string.Join(" and ", missing)} ('cxr weights fetch' gets them): starting from random weights, where the study starts from ImageNet's.";
        }
        else if (where == InitialWeights.RandomName)
        {
            Notice = "Starting from random weights, where the study starts from ImageNet's.";
        }
    }

    /// <summary>What a user should know about them; null where they are as in the study.</summary>
    public string? Notice { get; }

    /// <summary>The weights of a network.</summary>
    /// <param name="network">Its name.</param>
    public InitialWeights Of(string network) => byNetwork[network];
}
