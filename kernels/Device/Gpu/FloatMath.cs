namespace IlgpuCxr.Kernels.Device;

/// <summary>A GPU's thread: one float, and threads are the lanes.</summary>
internal readonly struct FloatMath : IArithmetic<float>
{
    public static float Create(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float MultiplyAdd(float a, float b, float c) => a * b + c;
}
