namespace IlgpuCxr.Data;

/// <summary>The names of a data set's splits, in directories, tables and reports.</summary>
internal static class SplitNames
{
    /// <summary>What a network learns from.</summary>
    public const string Train = "train";

    /// <summary>What the best epoch is chosen by.</summary>
    public const string Validation = "validation";

    /// <summary>What nothing is chosen by.</summary>
    public const string Test = "test";
}
