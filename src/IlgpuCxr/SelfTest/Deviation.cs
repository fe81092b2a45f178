namespace IlgpuCxr.SelfTest;

/// <summary>How far results are from what they should be, and which of them is farthest.</summary>
internal readonly record struct Deviation(double Size, string Result = "")
{
    public static implicit operator Deviation(double size) => new(size);

    /// <summary>The larger of two; a NaN is larger than any number.</summary>
    public static Deviation Larger(Deviation a, Deviation b) => double.IsNaN(a.Size) || a.Size >= b.Size ? a : b;
}
