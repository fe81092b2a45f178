namespace IlgpuCxr.Phantoms;

/// <summary>One image of a data set: where it lies and what it shows.</summary>
/// <param name="Folder">Its folder below the data set's, for example <c>train/infected</c>.</param>
/// <param name="Name">Its file name.</param>
/// <param name="Split">Its split.</param>
/// <param name="Label">Its class.</param>
/// <param name="Index">Which image of that class and split.</param>
internal readonly record struct PhantomFile(
    string Folder, string Name, PhantomSplit Split, PhantomClass Label, int Index);
