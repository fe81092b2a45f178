using System.Globalization;
using System.Text;
using CsvHelper;
using IlgpuCxr.Data;

namespace IlgpuCxr.Training;

/// <summary>
/// Predictions in the study's format: a line per image, its name and a 0 or 1 for each class, without a header.
/// </summary>
public static class PredictionFile
{
    /// <summary>Writes a file, whole or not at all, and missing directories above it.</summary>
    /// <param name="path">The file, such as <c>results.csv</c>.</param>
    /// <param name="task">What the predictions' labels mean.</param>
    /// <param name="predictions">The lines.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, ClassificationTask task, IEnumerable<ImagePrediction> predictions)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, CultureInfo.InvariantCulture))
        {
            foreach (ImagePrediction prediction in predictions)
            {
                csv.WriteField(prediction.Name);
                for (int c = 0; c < prediction.Probabilities.Count; c++)
                    csv.WriteField(LabelSet.Has(task, prediction.Label, c) ? 1 : 0);
                csv.NextRecord();
            }
        }
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(text.ToString()));
    }
}
