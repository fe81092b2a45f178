namespace IlgpuCxr.Phantoms;

/// <summary>What is drawn into the lungs, and nothing else, decides the class of a phantom.</summary>
public enum PhantomClass
{
    /// <summary>No opacity.</summary>
    Normal,

    /// <summary>One dense lobar opacity in one lung, with air bronchograms.</summary>
    Pneumonia,

    /// <summary>Hazy (ground-glass) opacities at the periphery of both lungs.</summary>
    Covid,
}
