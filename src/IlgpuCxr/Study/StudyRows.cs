using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>The twelve runs of the study.</summary>
public static class StudyRows
{
    // torchvision's names: conv1_1 to conv2_2, and conv3_1 to conv3_3. ReLU and pooling between them have numbers of
    // their own.
    private const string VggConv12 = "features.0,features.2,features.5,features.7";
    private const string VggConv3 = "features.10,features.12,features.14";

    /// <summary>Part 1's eight rows and Part 2's four, in the order of the tables.</summary>
    public static IReadOnlyList<StudyRow> All { get; } =
    [
        Part1(1, Vgg16.Name, "only FC layers", Network.BackboneFrozen, "fc", "vgg16_fc_only"),
        Part1(2, ResNet18.Name, "only FC layers", Network.BackboneFrozen, "fc", "resnet18_fc_only"),
        Part1(3, Vgg16.Name, "conv1-3 frozen", $"{VggConv12},{VggConv3}", "conv1-3-frozen", null),
        Part1(4, Vgg16.Name, "conv1-2 frozen", VggConv12, "conv1-2-frozen", null),
        Part1(5, Vgg16.Name, "entire network", Network.NothingFrozen, "entire", "vgg16_entire"),
        Part1(6, ResNet18.Name, "layer1-3 frozen", "conv1,bn1,layer1,layer2,layer3", "layer1-3-frozen", null),
        Part1(7, ResNet18.Name, "layer1 frozen", "conv1,bn1,layer1", "layer1-frozen", null),
        Part1(8, ResNet18.Name, "entire network", Network.NothingFrozen, "entire", "resnet18_entire"),
        Part2(1, Vgg16.Name, "BCE", LossKind.BinaryCrossEntropy, "bce", "vgg_bce"),
        Part2(2, ResNet18.Name, "BCE", LossKind.BinaryCrossEntropy, "bce", "res_bce"),
        Part2(3, Vgg16.Name, "focal loss", LossKind.Focal, "focal", "vgg_fce"),
        Part2(4, ResNet18.Name, "focal loss", LossKind.Focal, "focal", "res_fce"),
    ];

    /// <summary>Reads a list such as <c>1-8,p2:1-4</c>.</summary>
    /// <param name="list">
    /// Rows and ranges of rows, separated by commas; <c>p2:</c> stands before those of Part 2, <c>all</c> for all.
    /// </param>
    /// <returns>The rows in the order of the tables, each once.</returns>
    /// <exception cref="UsageException">The list names something else; the message names it.</exception>
    public static IReadOnlyList<StudyRow> Parse(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        if (list.Trim() == "all")
            return All;
        var chosen = new HashSet<StudyRow>();
        foreach (string item in list.Split(',', StringSplitOptions.TrimEntries))
            chosen.UnionWith(Range(item));
        return [.. All.Where(chosen.Contains)];
    }

    private static StudyRow[] Range(string item)
    {
        bool isPart2 = item.StartsWith("p2:", StringComparison.OrdinalIgnoreCase);
        StudyRow[] rows = [.. All.Where(row => row.Part == (isPart2 ? StudyPart.Part2 : StudyPart.Part1))];
        string[] ends = (isPart2 ? item[3..] : item).Split('-');
        if (ends.Length > 2 || !TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last) || first < 1
            || last > rows.Length || first > last)
            throw new UsageException(
                $"--rows has '{item}', which is no row of the study: use 1 to 8 for Part 1, p2:1 to p2:4 for Part 2, as in 1-8,p2:1-4.");
        return rows[(first - 1)..last];
    }

    private static bool TryParse(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static StudyRow Part1(
        int number, string network, string layers, string freeze, string slug, string? curves) =>
        new(
        StudyPart.Part1, number, network, layers, freeze, LossKind.CrossEntropy, $"{network}-{slug}",
        PublishedTables.Part1(number), curves is null ? null : PublishedCurves.Of(curves));

    private static StudyRow Part2(
        int number, string network, string layers, LossKind loss, string slug, string curves) =>
        new(
        StudyPart.Part2, number, network, layers, Network.NothingFrozen, loss, $"{network}-{slug}",
        PublishedTables.Part2(number), PublishedCurves.Of(curves));
}
