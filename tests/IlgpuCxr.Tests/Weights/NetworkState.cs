using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Weights;

/// <summary>
/// The tensors of a network as a file has them, with values that tell every element from every other.
/// </summary>
internal static class NetworkState
{
    public static List<WeightTensor> Of(string network, NetworkHead head, Func<Parameter, float[]>? values = null) =>
    [
        .. from parameter in Architecture.Of(network).Build(head, new DropoutState()).Parameters
           select new WeightTensor(parameter.Name, parameter.PyTorchShape, (values ?? Distinct)(parameter)),
    ];

    /// <summary>In PyTorch's order; exact in single precision.</summary>
    public static float[] Distinct(Parameter parameter)
    {
        int start = parameter.Name.Sum(letter => letter) % 1000;
        var values = new float[parameter.Shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = start + (i % 8191);
        return values;
    }
}
