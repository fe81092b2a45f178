using IlgpuCxr.Data;

namespace IlgpuCxr.Phantoms;

/// <summary>How many images of each class each split of a data set holds.</summary>
/// <param name="Train">The training images.</param>
/// <param name="Validation">The validation images.</param>
/// <param name="Test">The test images; in Part 2 they lie unlabelled in one folder.</param>
public sealed record PhantomCounts(ClassCounts Train, ClassCounts Validation, ClassCounts Test)
{
    // The study's numbers. Part 1 says only "infected"; three quarters of them become pneumonia here, so that the
    // COVID-19 kind is frequent enough to be learnt. What Part 2's test set holds is unknown: the validation set's mix.
    private static readonly ClassCounts Part1Train = new(7081, 3689, 1230);
    private static readonly ClassCounts Part1Held = new(885, 461, 154);
    private static readonly ClassCounts Part2Train = new(4000, 2000, 200);
    private static readonly ClassCounts Part2Held = new(400, 200, 28);

    /// <summary>All images.</summary>
    public int Total => Train.Total + Validation.Total + Test.Total;

    /// <summary>
    /// The study's class imbalance at another size. Part 1: 59 % normal, 31 % pneumonia, 10 % COVID-19 in every split;
    /// Part 2: 64.5, 32.3 and 3.2 % in training, 63.7, 31.8 and 4.5 % elsewhere. Every class has at least one image.
    /// </summary>
    /// <param name="part">Which part.</param>
    /// <param name="train">Training images in total.</param>
    /// <param name="held">Validation images in total, and as many test images.</param>
    /// <exception cref="ArgumentOutOfRangeException">A total is smaller than the number of classes.</exception>
    public static PhantomCounts LikeStudy(StudyPart part, int train, int held)
    {
        ClassCounts heldCounts = Scale(part == StudyPart.Part1 ? Part1Held : Part2Held, held);
        return new PhantomCounts(
            Scale(part == StudyPart.Part1 ? Part1Train : Part2Train, train), heldCounts, heldCounts);
    }

    /// <summary>The counts of one split.</summary>
    public ClassCounts Of(PhantomSplit split) => split switch
    {
        PhantomSplit.Train => Train,
        PhantomSplit.Validation => Validation,
        _ => Test,
    };

    private static ClassCounts Scale(ClassCounts study, int total)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, Enum.GetValues<PhantomClass>().Length);
        int Share(int count) => Math.Max(1, (int)Math.Round((double)count * total / study.Total));
        int covid = Share(study.Covid);
        int pneumonia = Share(study.Pneumonia);
        return new ClassCounts(total - pneumonia - covid, pneumonia, covid);
    }
}
