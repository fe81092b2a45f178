using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <content>Copies between host and device, and on the device.</content>
public sealed partial class ComputeDevice
{
    /// <summary>
    /// Copies from host to device; returns when the host memory may be used again, on a GPU perhaps before the device
    /// has it.
    /// </summary>
    /// <param name="destination">As long as <paramref name="source"/>.</param>
    /// <param name="source">The host's elements.</param>
    /// <typeparam name="T">The element type.</typeparam>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public unsafe void Upload<T>(ArrayView<T> destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        if (IsPlanning)
            return;
        RequireSameLength(destination.Length, source.Length);
        if (source.IsEmpty)
            return;
        if (staging is not null && staging.TryCopy(destination, source))
            return;
        // ILGPU pins the host's memory only until the copy is queued; the garbage collector must not move it before it
        // is done.
        fixed (T* pinned = source)
        {
            destination.CopyFromCPU(stream, ref *pinned, source.Length);
            stream.Synchronize();
        }
    }

    /// <summary>Copies from device to host, after everything launched before.</summary>
    /// <param name="destination">As long as <paramref name="source"/>.</param>
    /// <param name="source">The device's elements.</param>
    /// <typeparam name="T">The element type.</typeparam>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public unsafe void Download<T>(Span<T> destination, ArrayView<T> source)
        where T : unmanaged
    {
        if (IsPlanning)
            return;
        RequireSameLength(destination.Length, source.Length);
        if (destination.IsEmpty)
            return;
        fixed (T* pinned = destination)
        {
            source.CopyToCPU(stream, ref *pinned, destination.Length);
            stream.Synchronize();
        }
    }

    /// <summary>Copies from device to host, after everything launched before.</summary>
    /// <param name="source">The device's elements.</param>
    /// <typeparam name="T">The element type.</typeparam>
    /// <returns>
    /// The elements; zeros while planning, when a view of the arena is empty and so is what comes back: ask for the
    /// tensor then.
    /// </returns>
    public T[] Download<T>(ArrayView<T> source)
        where T : unmanaged
    {
        var destination = new T[source.Length];
        Download(destination, source);
        return destination;
    }

    /// <summary>Copies numbers to a tensor, rounded to its elements.</summary>
    /// <param name="tensor">Of any element type.</param>
    /// <param name="values">As many as it has elements.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public void Upload(Tensor tensor, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        RequireSameLength(tensor.Shape.Count, values.Length);
        if (!tensor.IsBFloat16)
        {
            Upload(tensor.View, values);
            return;
        }
        var words = new float[tensor.Floats];
        for (int i = 0; i < words.Length; i++)
            words[i] = ElementTypes.Word(values[2 * i], values[2 * i + 1]);
        Upload<float>(tensor.View, words);
    }

    /// <summary>A tensor's elements in single precision, after everything launched before.</summary>
    /// <param name="tensor">Of any element type.</param>
    /// <returns>As many as the tensor has; zeros while planning.</returns>
    public float[] Download(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (IsPlanning)
            return new float[tensor.Shape.Count];
        float[] floats = Download(tensor.View);
        if (!tensor.IsBFloat16)
            return floats;
        var elements = new float[2 * floats.Length];
        for (int i = 0; i < floats.Length; i++)
            (elements[2 * i], elements[2 * i + 1]) = ElementTypes.Pair(floats[i]);
        return elements;
    }

    /// <summary>Copies on the device, in the order of the launches.</summary>
    /// <param name="destination">As long as <paramref name="source"/>.</param>
    /// <param name="source">The elements.</param>
    /// <typeparam name="T">The element type.</typeparam>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Copy<T>(ArrayView<T> destination, ArrayView<T> source)
        where T : unmanaged
    {
        if (IsPlanning)
            return;
        RequireSameLength(destination.Length, source.Length);
        source.CopyTo(stream, destination);
    }

    private static void RequireSameLength(long destination, long source)
    {
        if (destination != source)
            throw new ArgumentException(
                $"{source} elements cannot be copied to a place for {destination}; pass parts of one length.");
    }
}
