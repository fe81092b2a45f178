namespace IlgpuCxr.Phantoms;

/// <summary>How many images of each class one split holds.</summary>
/// <param name="Normal">Images without an opacity.</param>
/// <param name="Pneumonia">Images with a lobar opacity.</param>
/// <param name="Covid">Images with peripheral opacities in both lungs.</param>
public readonly record struct ClassCounts(int Normal, int Pneumonia, int Covid)
{
    /// <summary>All images.</summary>
    public int Total => Normal + Pneumonia + Covid;

    /// <summary>The number for one class.</summary>
    public int this[PhantomClass label] => label switch
    {
        PhantomClass.Normal => Normal,
        PhantomClass.Pneumonia => Pneumonia,
        PhantomClass.Covid => Covid,
        _ => throw new ArgumentOutOfRangeException(nameof(label), label, "There is no such class of phantoms."),
    };
}
