using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Fixtures;

/// <summary>
/// The border between PyTorch's order of dimensions and ours: NCHW and NHWC, and by the same exchange OIHW and KRSC.
/// </summary>
public static class PyTorchLayout
{
    /// <summary>NCHW to NHWC, or OIHW to KRSC.</summary>
    public static T[] ToNhwc<T>(T[] nchw, TensorShape shape)
    {
        var nhwc = new T[nchw.Length];
        foreach ((int channelsFirst, int channelsLast) in Pairs(shape))
            nhwc[channelsLast] = nchw[channelsFirst];
        return nhwc;
    }

    /// <summary>NHWC to NCHW, or KRSC to OIHW.</summary>
    public static T[] ToNchw<T>(T[] nhwc, TensorShape shape)
    {
        var nchw = new T[nhwc.Length];
        foreach ((int channelsFirst, int channelsLast) in Pairs(shape))
            nchw[channelsFirst] = nhwc[channelsLast];
        return nchw;
    }

    private static IEnumerable<(int ChannelsFirst, int ChannelsLast)> Pairs(TensorShape shape)
    {
        int channelsFirst = 0;
        for (int n = 0; n < shape.N; n++)
            for (int c = 0; c < shape.C; c++)
                for (int h = 0; h < shape.H; h++)
                    for (int w = 0; w < shape.W; w++)
                        yield return (channelsFirst++, ((n * shape.H + h) * shape.W + w) * shape.C + c);
    }
}
