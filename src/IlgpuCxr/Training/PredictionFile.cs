using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using IlgpuCxr.Data;

namespace IlgpuCxr.Training;

/// <summary>
/// Predictions in the study's format: a line per image, its name and a 0 or 1 for each class, without a header.
/// </summary>
public static class PredictionFile
{
    // The same bytes on every system.
    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    /// <summary>Writes a file, whole or not at all, and missing directories above it.</summary>
    /// <param name="path">The file, such as <c>results.csv</c>.</param>
    /// <param name="task">What the predictions' labels mean.</param>
    /// <param name="predictions">The lines.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, ClassificationTask task, IEnumerable<ImagePrediction> predictions)
    {
        AtomicFile.Write(path, Encode(
            task, predictions.Select(prediction =>
                (prediction.Name, prediction.Probabilities.Count, prediction.Label))));
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="task">What the labels mean.</param>
    /// <param name="images">Each image's name, the number of classes and its label.</param>
    internal static byte[] Encode(
        ClassificationTask task, IEnumerable<(string Name, int Classes, int Label)> images)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, Format))
        {
            foreach ((string name, int classes, int label) in images)
            {
                csv.WriteField(name);
                for (int c = 0; c < classes; c++)
                    csv.WriteField(LabelSet.Has(task, label, c) ? 1 : 0);
                csv.NextRecord();
            }
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
