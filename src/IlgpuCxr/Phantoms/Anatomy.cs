namespace IlgpuCxr.Phantoms;

/// <summary>One patient without disease: every organ's shape, and the vessels of both lungs.</summary>
internal sealed class Anatomy
{
    private readonly LungField right;
    private readonly LungField left;

    /// <summary>Draws a patient.</summary>
    public Anatomy(PhantomRandom random)
    {
        float turn = random.Uniform(-0.05f, 0.05f);
        Torso = new Torso(random.Fork(1));
        right = new LungField(random.Fork(2), -1f, turn);
        left = new LungField(random.Fork(2), 1f, turn);
        Mediastinum = new Mediastinum(random.Fork(3), turn);
        Ribs = new RibCage(random.Fork(4));
        Shoulders = new ShoulderGirdle(random.Fork(5), turn);
        Texture = new NoiseField(random.Fork(6));
        Vessels =
        [
            .. AirwayTree.Vessels(random.Fork(7), right, Mediastinum.Hilum(-1f)),
            .. AirwayTree.Vessels(random.Fork(8), left, Mediastinum.Hilum(1f)),
        ];

        PhantomRandom own = random.Fork(9);
        Tissue = own.Uniform(0.50f, 0.62f);
        Air = own.Uniform(0.24f, 0.47f);
        HeartShade = own.Uniform(0.10f, 0.20f);
        Abdomen = own.Uniform(0.14f, 0.26f);
        StomachBubble = own.Chance(0.5f) ? own.Uniform(0.05f, 0.16f) : 0f;
        StomachX = own.Uniform(0.30f, 0.42f);
        Tilt = own.Uniform(-0.07f, 0.07f);
    }

    /// <summary>The body's outline.</summary>
    public Torso Torso { get; }

    /// <summary>Heart, trachea and spine.</summary>
    public Mediastinum Mediastinum { get; }

    /// <summary>The ribs.</summary>
    public RibCage Ribs { get; }

    /// <summary>Clavicles, shoulder blades, arms.</summary>
    public ShoulderGirdle Shoulders { get; }

    /// <summary>The texture of soft tissue and of the haze in the lungs.</summary>
    public NoiseField Texture { get; }

    /// <summary>The vessels of both lungs.</summary>
    public IReadOnlyList<Stroke> Vessels { get; }

    /// <summary>The attenuation of the thickest soft tissue.</summary>
    public float Tissue { get; }

    /// <summary>What the deepest lung takes away from it.</summary>
    public float Air { get; }

    /// <summary>What the thickest part of the heart adds.</summary>
    public float HeartShade { get; }

    /// <summary>What the organs below the diaphragm add.</summary>
    public float Abdomen { get; }

    /// <summary>What the gas in the stomach takes away, 0 where there is none.</summary>
    public float StomachBubble { get; }

    /// <summary>x of that gas.</summary>
    public float StomachX { get; }

    /// <summary>
    /// How unevenly the beam falls: the attenuation that one side seems to have more than the middle.
    /// </summary>
    public float Tilt { get; }

    /// <summary>The lung of a side, -1 or +1.</summary>
    public LungField Lung(float side) => side < 0f ? right : left;
}
