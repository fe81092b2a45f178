namespace IlgpuCxr.Tests.Phantoms;

/// <summary>Logistic regression on standardised features, by gradient descent: the simplest learner there is.</summary>
internal sealed class LogisticRegression
{
    private const int Steps = 3000;
    private const double Rate = 0.3;
    private const double Decay = 1e-3;

    private readonly double[] mean;
    private readonly double[] scale;
    private readonly double[] weights;
    private double bias;

    public LogisticRegression(double[][] features, bool[] labels)
    {
        int width = features[0].Length;
        mean = new double[width];
        scale = new double[width];
        weights = new double[width];
        for (int j = 0; j < width; j++)
        {
            mean[j] = features.Average(f => f[j]);
            scale[j] = 1 / (Math.Sqrt(features.Average(f => Math.Pow(f[j] - mean[j], 2))) + 1e-9);
        }
        double[][] standard = [.. features.Select(Standardise)];
        for (int step = 0; step < Steps; step++)
            Descend(standard, labels);
    }

    public double Accuracy(double[][] features, bool[] labels) =>
        features.Zip(labels).Count(pair => Logit(Standardise(pair.First)) > 0 == pair.Second) / (double)labels.Length;

    private void Descend(double[][] standard, bool[] labels)
    {
        var gradient = new double[weights.Length];
        double gradientBias = 0;
        for (int i = 0; i < standard.Length; i++)
        {
            double error = (1 / (1 + Math.Exp(-Logit(standard[i])))) - (labels[i] ? 1 : 0);
            gradientBias += error;
            for (int j = 0; j < gradient.Length; j++)
                gradient[j] += error * standard[i][j];
        }
        for (int j = 0; j < weights.Length; j++)
            weights[j] -= Rate * ((gradient[j] / standard.Length) + (Decay * weights[j]));
        bias -= Rate * gradientBias / standard.Length;
    }

    private double[] Standardise(double[] feature)
    {
        var result = new double[feature.Length];
        for (int j = 0; j < result.Length; j++)
            result[j] = (feature[j] - mean[j]) * scale[j];
        return result;
    }

    private double Logit(double[] standard)
    {
        double sum = bias;
        for (int j = 0; j < weights.Length; j++)
            sum += weights[j] * standard[j];
        return sum;
    }
}
