namespace IlgpuCxr.Kernels.Dropout;

/// <summary>The ways to compute dropout. There is one: of VGG16's step it is a thousandth.</summary>
public enum DropoutAlgorithm
{
    /// <summary>Four values per index: any device.</summary>
    Naive,
}
