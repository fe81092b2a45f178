namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The block tiles that a matrix product's result is cut into on a GPU, each for a group of threads;
/// <see cref="TiledPlanner"/> chooses one where none is forced.
/// </summary>
/// <remarks>
/// Kernels in single precision have the square ones, and those that read floats one by one on tensor cores the small
/// one; they choose among theirs where another is forced.
/// </remarks>
public enum TileAlgorithm
{
    /// <summary>128 rows by 128 columns of the result.</summary>
    Large,

    /// <summary>128 rows by 64 columns.</summary>
    Tall,

    /// <summary>64 rows by 128 columns.</summary>
    Wide,

    /// <summary>64 rows by 64 columns.</summary>
    Small,
}
