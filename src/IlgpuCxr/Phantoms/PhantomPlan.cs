namespace IlgpuCxr.Phantoms;

/// <summary>All that is random about one phantom but the detector's noise, before any pixel is drawn.</summary>
/// <remarks>
/// Everything comes from the key (seed, split, class, index) and from nothing else; difficulty changes
/// contrast, haze, noise and variety. Each purpose has its own sequence, so that the anatomy of a class is
/// distributed as that of any other.
/// </remarks>
internal sealed record PhantomPlan
{
    /// <summary>Draws a phantom's plan.</summary>
    public PhantomPlan(ulong seed, PhantomSplit split, PhantomClass label, int index, double difficulty)
    {
        Difficulty = PhantomDifficulty.Of(difficulty);
        var random = new PhantomRandom(seed, (ulong)split, (ulong)label, (ulong)index);
        View = ViewGeometry.Draw(random.Fork(1, Difficulty.Variety));
        Anatomy = new Anatomy(random.Fork(2, Difficulty.Variety));
        Exposure = new Exposure(random.Fork(3, Difficulty.Exposure));
        Distractors = new Distractors(random.Fork(4));
        Blur = random.Uniform(0.0012f, 0.0030f);
        Noise = random.Fork(5);
        Opacity = label switch
        {
            PhantomClass.Pneumonia => new LobarOpacity(random.Fork(6), Anatomy, Difficulty),
            PhantomClass.Covid => new GroundGlassOpacity(random.Fork(6), Anatomy, Difficulty),
            _ => null,
        };
    }

    /// <summary>Where the patient stands.</summary>
    public ViewGeometry View { get; }

    /// <summary>The patient.</summary>
    public Anatomy Anatomy { get; }

    /// <summary>The disease, if there is one; without it, all else is the same film of the same patient.</summary>
    public Opacity? Opacity { get; init; }

    /// <summary>The film.</summary>
    public Exposure Exposure { get; }

    /// <summary>What is on the film besides the patient.</summary>
    public Distractors Distractors { get; }

    /// <summary>Contrast, haze and noise.</summary>
    public PhantomDifficulty Difficulty { get; }

    /// <summary>The standard deviation of the blur, as a share of the image's width.</summary>
    public float Blur { get; }

    /// <summary>The detector's noise, one number a pixel.</summary>
    public PhantomRandom Noise { get; }
}
