namespace IlgpuCxr.Kernels.Device;

/// <summary>Launches that were recorded with their arguments, and start again together.</summary>
public interface ILaunchGraph : IDisposable
{
    /// <summary>Launches all of it, after what was launched before.</summary>
    void Launch();
}
