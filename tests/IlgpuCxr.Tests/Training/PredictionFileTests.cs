using IlgpuCxr.Data;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class PredictionFileTests
{
    [Test]
    public void Probabilities_have_all_their_digits()
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathOf("probabilities.csv");
        PredictionFile.WriteProbabilities(path, [new ImagePrediction("0.png", [1 / 3.0, 1e-9, 1], LabelSet.Of(2))]);
        Assert.That(File.ReadAllText(path), Is.EqualTo("0.png,0.3333333333333333,1E-09,1\n"));
    }

    [Test]
    public void A_file_has_the_same_bytes_as_the_phantoms_answers()
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathOf("results.csv");
        PredictionFile.Write(
            path, ClassificationTask.MultiLabel,
            [
                new ImagePrediction("0.png", [1, 1, 0], LabelSet.Of(0, 1)),
                new ImagePrediction("a,b.png", [0, 0, 1], LabelSet.Of(2)),
            ]);
        Assert.That(File.ReadAllText(path), Is.EqualTo("0.png,1,1,0\n\"a,b.png\",0,0,1\n"));
    }
}
