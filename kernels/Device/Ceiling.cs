namespace IlgpuCxr.Kernels.Device;

/// <summary>Division that counts the last, incomplete part too.</summary>
internal static class Ceiling
{
    /// <summary>
    /// <c>⌈a / b⌉</c> for <c>a ≥ 0</c> and <c>b &gt; 0</c>, as long as <c>a + b</c> is less than 2³¹.
    /// </summary>
    public static int Divide(int a, int b) => (a + b - 1) / b;
}
