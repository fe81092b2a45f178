using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using IlgpuCxr.Data;

namespace IlgpuCxr.Training;

/// <summary>
/// Predictions in the study's format: a line per image, its name and a 0 or 1 for each class, without a header; or
/// probabilities in their places.
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

    /// <summary>Writes a file with the probability of each class in place of 0 or 1, all digits of it.</summary>
    /// <param name="path">The file, such as <c>probabilities.csv</c>.</param>
    /// <param name="predictions">The lines.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteProbabilities(string path, IEnumerable<ImagePrediction> predictions) =>
        AtomicFile.Write(path, Encode(
            predictions.Select(prediction => (prediction.Name, prediction.Probabilities.AsEnumerable()))));

    /// <summary>The bytes of a file.</summary>
    /// <param name="task">What the labels mean.</param>
    /// <param name="images">Each image's name, the number of classes and its label.</param>
    internal static byte[] Encode(
        ClassificationTask task, IEnumerable<(string Name, int Classes, int Label)> images) =>
        Encode(images.Select(image => (
            image.Name, Enumerable.Range(0, image.Classes).Select(c => LabelSet.Has(task, image.Label, c) ? 1 : 0))));

    private static byte[] Encode<T>(IEnumerable<(string Name, IEnumerable<T> Values)> lines)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, Format))
        {
            foreach ((string name, IEnumerable<T> values) in lines)
            {
                csv.WriteField(name);
                foreach (T value in values)
                    csv.WriteField(value);
                csv.NextRecord();
            }
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
