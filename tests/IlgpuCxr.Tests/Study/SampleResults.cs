using IlgpuCxr.Data;
using IlgpuCxr.Metrics;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Study;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Study;

/// <summary>Results that no training has made, for tests of what is written about them.</summary>
internal static class SampleResults
{
    public static RowResult Of(string id)
    {
        StudyRow row = StudyRows.Parse(id)[0];
        bool isPart1 = row.Part == StudyPart.Part1;
        var data = new DataDescription(
            isPart1 ? ["infected", "normal"] : ["covid", "pneumonia", "normal"], 60, 20, 20,
            "0123456789abcdef")
        {
            Kind = DataDescription.Phantoms,
        };
        TrainingOptions options = new StudyOptions
        {
            Out = "out",
            Epochs = 3,
            Size = 64,
            LearningRate = 0.01f,
        }.Training(row);
        double images = row.Loss == LossKind.Focal ? 60 : 1;
        EpochResult[] history =
        [
            .. Enumerable.Range(isPart1 ? 0 : EpochResult.Untrained, isPart1 ? 3 : 4).Select(epoch => new EpochResult(
                epoch, 0.5, images * (0.6 - 0.1 * epoch), 60 + 10 * Math.Min(epoch, 1), 0.6, images * 0.6,
                62 + 9 * Math.Min(epoch, 1), 0.6, 2.5, 40)),
        ];
        return new RowResult(
            new RowConfiguration(row.Id, options, data), "a device", history, 7.5,
            [.. row.Splits.Select(split => Split(split, data, isPart1))]);
    }

    private static SplitResult Split(string split, DataDescription data, bool isPart1)
    {
        long[][] matrix = split == "train" ? [[20, 5], [3, 32]] : [[6, 2], [1, 11]];
        Estimate sensitivity = new(0.8, 0.65, 0.925), specificity = new(0.9, 0.75, 0.96);
        Estimate precision = new(0.7, 0.5, 0.85), f1 = new(0.75, 0.55, 0.875), area = new(0.85, 0.7, 0.95);
        return new SplitResult(
            split, matrix.Sum(row => row.Sum()), 0.45, split == "train" ? 86.6667 : 85, 0.875,
            [.. Enumerable.Repeat(matrix, isPart1 ? 1 : 3)],
            [
                .. data.Classes.Select((name, c) => new ClassResult(
                    name, matrix[1].Sum(), sensitivity, specificity, precision, f1, c == 0 ? area : null))]);
    }
}
