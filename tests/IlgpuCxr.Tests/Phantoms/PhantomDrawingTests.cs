using System.Security.Cryptography;
using IlgpuCxr.Phantoms;

namespace IlgpuCxr.Tests.Phantoms;

public sealed class PhantomDrawingTests
{
    private const int Size = 64;

    [Test]
    public void SameArgumentsGiveSamePixels([Values] PhantomClass label)
    {
        byte[] first = Phantom.Draw(5, PhantomSplit.Train, label, 3, Size);
        _ = Phantom.Draw(6, PhantomSplit.Test, PhantomClass.Normal, 0, Size);
        Assert.That(Phantom.Draw(5, PhantomSplit.Train, label, 3, Size), Is.EqualTo(first));
    }

    [Test]
    public void EveryPartOfTheKeyGivesAnotherImage()
    {
        byte[][] images =
        [
            Phantom.Draw(5, PhantomSplit.Train, PhantomClass.Normal, 3, Size),
            Phantom.Draw(6, PhantomSplit.Train, PhantomClass.Normal, 3, Size),
            Phantom.Draw(5, PhantomSplit.Validation, PhantomClass.Normal, 3, Size),
            Phantom.Draw(5, PhantomSplit.Train, PhantomClass.Pneumonia, 3, Size),
            Phantom.Draw(5, PhantomSplit.Train, PhantomClass.Covid, 3, Size),
            Phantom.Draw(5, PhantomSplit.Train, PhantomClass.Normal, 4, Size),
        ];
        Assert.That(images.Select(SHA256.HashData).Select(Convert.ToHexString), Is.Unique);
    }

    [TestCase(32)]
    [TestCase(33)]
    [TestCase(97)]
    [TestCase(256)]
    [TestCase(1024)]
    public void AnySizeIsASquareOfManyGrays(int size)
    {
        byte[] pixels = Phantom.Draw(1, PhantomSplit.Train, PhantomClass.Covid, 0, size);
        Assert.That(pixels, Has.Length.EqualTo(size * size));
        Assert.That(pixels.Distinct().Count(), Is.GreaterThan(100));
    }

    // The noise of a pixel belongs to the detector, not to the patient, and the blur of the small image is wider: what
    // is left of a difference must be far below the image's own contrast.
    [Test]
    public void AnotherSizeIsTheSameImage([Values] PhantomClass label, [Values(0, 1, 2, 3)] int index)
    {
        const int Factor = 4;
        byte[] small = Phantom.Draw(1, PhantomSplit.Train, label, index, Size, difficulty: 0);
        byte[] large = Phantom.Draw(1, PhantomSplit.Train, label, index, Factor * Size, difficulty: 0);
        double[] shrunk = Shrink(large, Factor);
        Assert.That(Correlation([.. small.Select(p => (double)p)], shrunk), Is.GreaterThan(0.99));
    }

    [Test]
    public void HealthyLungsAreDarkerThanWhatSurroundsThem()
    {
        for (int index = 0; index < 50; index++)
        {
            var plan = new PhantomPlan(3, PhantomSplit.Train, PhantomClass.Normal, index, difficulty: 0);
            byte[] pixels = PhantomRenderer.Render(plan, 128);
            foreach (float side in new[] { -1f, 1f })
            {
                LungField lung = plan.Anatomy.Lung(side);
                double inLung = MeanAround(pixels, 128, plan.View, lung.PointAt(0.6f, 0.45f));
                double below = MeanAround(pixels, 128, plan.View, (side * 0.3f, lung.AngleHeight));
                Assert.That(inLung, Is.LessThan(below), $"phantom {index}, side {side}");
            }
        }
    }

    [Test]
    public void TheHeartLiesToTheRightOfTheMidline()
    {
        for (int index = 0; index < 50; index++)
        {
            Mediastinum mediastinum =
                new PhantomPlan(3, PhantomSplit.Train, PhantomClass.Normal, index, difficulty: 0).Anatomy.Mediastinum;
            float right = Reach(mediastinum, 1f);
            float left = Reach(mediastinum, -1f);
            Assert.That(right, Is.GreaterThan(1.3f * left), $"phantom {index}");
        }

        static float Reach(Mediastinum mediastinum, float side) =>
            Enumerable.Range(0, 100).Select(i => 0.01f * i).Last(t => mediastinum.Solid(side * t, 0.3f) > 0f);
    }

    [Test]
    public void PneumoniaIsInOneLungAndCovidAtTheEdgesOfBoth([Range(0, 19)] int index)
    {
        (double right, double left) = FluidOfSides(PhantomClass.Pneumonia, index);
        Assert.That(Math.Min(right, left), Is.Zero);
        Assert.That(Math.Max(right, left), Is.GreaterThan(0.02));

        (right, left) = FluidOfSides(PhantomClass.Covid, index);
        Assert.That(Math.Min(right, left), Is.GreaterThan(0.02));

        Assert.That(MeanAcross(PhantomClass.Covid, index), Is.GreaterThan(0.5));
    }

    [Test]
    public void TheHarderTheFainterTheOpacity([Values(PhantomClass.Pneumonia, PhantomClass.Covid)] PhantomClass label)
    {
        double[] changes = [.. new[] { 0.0, 0.25, 0.5, 0.75, 1.0 }.Select(d => MeanChange(label, d))];
        Assert.That(changes, Is.Ordered.Descending);
        Assert.That(changes[0], Is.GreaterThan(1.5 * changes[^1]));
        Assert.That(changes[^1], Is.Positive);
    }

    [TestCase(31, 0.5, 0)]
    [TestCase(4097, 0.5, 0)]
    [TestCase(64, -0.1, 0)]
    [TestCase(64, 1.1, 0)]
    [TestCase(64, double.NaN, 0)]
    [TestCase(64, 0.5, -1)]
    public void WhatIsOutOfRangeIsRefused(int size, double difficulty, int index) =>
        Assert.That(
            () => Phantom.Draw(1, PhantomSplit.Train, PhantomClass.Normal, index, size, difficulty),
            Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static double MeanChange(PhantomClass label, double difficulty) => Enumerable.Range(0, 20).Average(index =>
    {
        var plan = new PhantomPlan(2, PhantomSplit.Train, label, index, difficulty);
        byte[] healthy = PhantomRenderer.Render(plan with { Opacity = null }, Size);
        return PhantomRenderer.Render(plan, Size).Zip(healthy, (ill, well) => ill - well).Average();
    });

    private static (double Right, double Left) FluidOfSides(PhantomClass label, int index)
    {
        (float X, float Y, double Fluid)[] points = [.. FluidAtPoints(label, index)];
        return (
            points.Where(p => p.X < 0f).Average(p => p.Fluid),
            points.Where(p => p.X >= 0f).Average(p => p.Fluid));
    }

    private static double MeanAcross(PhantomClass label, int index)
    {
        var plan = new PhantomPlan(4, PhantomSplit.Train, label, index, Phantom.DefaultDifficulty);
        (float X, float Y, double Fluid)[] points = [.. FluidAtPoints(label, index)];
        return points.Sum(p => p.Fluid * plan.Anatomy.Lung(p.X < 0f ? -1f : 1f).Locate(p.X, p.Y).Across)
            / points.Sum(p => p.Fluid);
    }

    private static IEnumerable<(float X, float Y, double Fluid)> FluidAtPoints(PhantomClass label, int index)
    {
        var plan = new PhantomPlan(4, PhantomSplit.Train, label, index, Phantom.DefaultDifficulty);
        for (float y = -1f; y < 1f; y += 0.03f)
        {
            for (float x = -0.99f; x < 1f; x += 0.03f)
            {
                LungPoint lung = plan.Anatomy.Lung(x < 0f ? -1f : 1f).Locate(x, y);
                if (lung.Air > 0.2f)
                    yield return (x, y, plan.Opacity!.Fluid(x, y, lung, bronchus: 0f));
            }
        }
    }

    private static double MeanAround(byte[] pixels, int size, ViewGeometry view, (float X, float Y) point)
    {
        (float u, float v) = view.ToImage(point.X, point.Y);
        int column = Math.Clamp((int)((u + 1f) * size / 2f), 4, size - 5);
        int row = Math.Clamp((int)((v + 1f) * size / 2f), 4, size - 5);
        return (
            from dy in Enumerable.Range(-4, 9)
            from dx in Enumerable.Range(-4, 9)
            select (double)pixels[((row + dy) * size) + column + dx]).Average();
    }

    private static double[] Shrink(byte[] large, int factor)
    {
        var shrunk = new double[Size * Size];
        for (int i = 0; i < large.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, Size * factor);
            shrunk[(row / factor * Size) + (column / factor)] += large[i] / (double)(factor * factor);
        }
        return shrunk;
    }

    private static double Correlation(double[] a, double[] b)
    {
        double meanA = a.Average();
        double meanB = b.Average();
        double product = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        return product / Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
    }
}
