using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>A lane's part of 16 rows by 64 columns of results. Fields, not an array: every one becomes a register.</summary>
internal struct TensorCoreRow
{
    public Float4 Columns0;
    public Float4 Columns8;
    public Float4 Columns16;
    public Float4 Columns24;
    public Float4 Columns32;
    public Float4 Columns40;
    public Float4 Columns48;
    public Float4 Columns56;
}

/// <summary>A lane's part of the results of a warp, 64x64 at most; what a smaller tile does not use costs nothing.</summary>
internal struct TensorCoreSums
{
    public TensorCoreRow Rows0;
    public TensorCoreRow Rows16;
    public TensorCoreRow Rows32;
    public TensorCoreRow Rows48;
}
