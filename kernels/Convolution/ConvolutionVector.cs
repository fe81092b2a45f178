using ILGPU;
using IlgpuCxr.Kernels.Device;
namespace IlgpuCxr.Kernels.Convolution;

internal static unsafe class ConvolutionVector
{
    public static void Forward(ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, in ConvolutionShape shape) => throw new NotImplementedException();
    public static void BackwardData(ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, bool accumulate, in ConvolutionShape shape) => throw new NotImplementedException();
    public static void BackwardWeights(ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape) => throw new NotImplementedException();
}
