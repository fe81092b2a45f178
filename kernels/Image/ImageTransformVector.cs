using ILGPU;

namespace IlgpuCxr.Kernels.Image;

internal static unsafe class ImageTransformVector
{
    public static int Bands(in ImageTransformShape shape) => shape.N;

    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<byte> pixels, ArrayView<ImageTransformParameters> parameters, ImageTransformShape shape)
    {
        for (int i = 0; i < shape.Size * shape.Size; i++)
            ImageTransformNaive.Forward(index * shape.Size * shape.Size + i, output, pixels, parameters, shape);
    }
}
