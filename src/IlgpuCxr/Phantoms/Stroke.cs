namespace IlgpuCxr.Phantoms;

/// <summary>
/// A tapering piece of a round tube between two points, in body units; strength is its shade at the axis.
/// </summary>
internal readonly record struct Stroke(
    float X0, float Y0, float Radius0, float X1, float Y1, float Radius1, float Strength);
