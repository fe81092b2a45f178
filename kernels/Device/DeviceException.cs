namespace IlgpuCxr.Kernels.Device;

/// <summary>A device that is not there, or that cannot do what was asked; the message names the remedy.</summary>
public sealed class DeviceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence that names the device or option and the remedy.</param>
    /// <param name="inner">What it comes of, if anything.</param>
    public DeviceException(string message, Exception? inner = null) : base(message, inner) { }

    /// <summary>Whether the option itself makes no sense; otherwise the machine lacks what was asked for.</summary>
    public bool IsWrongUsage { get; init; }
}
