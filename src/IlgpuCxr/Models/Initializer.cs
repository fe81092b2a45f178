using IlgpuCxr.Data;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>The first values of a parameter, a function of its name and the seed alone.</summary>
internal static class Initializer
{
    /// <summary>Values in this library's order.</summary>
    public static float[] Values(Parameter parameter, long seed)
    {
        SplitMix64 random = SplitMix64.ForName(seed, parameter.Name);
        var values = new float[parameter.Shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = parameter.Initialization.Distribution switch
            {
                InitialDistribution.Normal => (float)(random.NextNormal() * parameter.Initialization.Scale),
                InitialDistribution.Uniform => (float)random.NextDouble(-parameter.Initialization.Scale, parameter.Initialization.Scale),
                _ => parameter.Initialization.Scale,
            };
        }
        return values;
    }
}
