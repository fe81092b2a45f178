using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Explain;

/// <summary>Why a network says what it says of an image.</summary>
/// <param name="Probabilities">Of each class.</param>
/// <param name="Class">The class that is explained.</param>
/// <param name="Map">Where in the part of the image that the network sees.</param>
/// <param name="Picture">The image with the map drawn over it, a PNG file.</param>
public sealed record Explanation(IReadOnlyList<double> Probabilities, string Class, HeatMap Map, byte[] Picture)
{
    /// <summary>Writes the picture, whole or not at all, and missing directories above it.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, Picture);
}

/// <summary>A checkpoint that tells where in an image it finds a class, by Grad-CAM.</summary>
public sealed class Explainer : IDisposable
{
    private readonly ComputeDevice device;
    private readonly string checkpoint;
    private readonly Network network;

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="checkpoint">The checkpoint's path.</param>
    /// <exception cref="NetworkException">It is no checkpoint, or does not fit its network.</exception>
    /// <exception cref="WeightsImport.WeightFormatException">The file cannot be read.</exception>
    public Explainer(ComputeDevice device, string checkpoint)
    {
        this.device = device;
        this.checkpoint = checkpoint;
        (network, Info) = Checkpoint.LoadNetwork(checkpoint, device);
    }

    /// <summary>What the checkpoint says about itself.</summary>
    public CheckpointInfo Info { get; }

    /// <summary>Explains an image.</summary>
    /// <param name="image">The image; its label is not looked at.</param>
    /// <param name="loader">
    /// Reads it, is strict, and makes images of the size and with the transforms that the checkpoint was trained with.
    /// </param>
    /// <param name="className">The class to explain; null for the most likely one.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ArgumentException">
    /// The loader makes images of another size or with other transforms.
    /// </exception>
    /// <exception cref="UsageException">The checkpoint has no such class.</exception>
    /// <exception cref="DataException">The image cannot be read.</exception>
    /// <exception cref="NetworkException">What the network says of it is not finite.</exception>
    public Explanation Explain(
        ImageSample image, ImageBatchLoader loader, string? className, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(loader);
        Info.Options.RequireImagesOf(loader);
        int given = className is null
            ? -1
            : Info.Classes.ToList().FindIndex(
                name => string.Equals(name, className, StringComparison.OrdinalIgnoreCase));
        if (className is not null && given < 0)
            throw new UsageException(
                $"The checkpoint knows no class '{className}' for --class; it tells {string.Join(", ", Info.Classes)} apart.");
        using var batch = new DeviceBatch(device, Info.Options.Task, network.Head.Outputs);
        ImageBatch host = loader.Evaluation([image], cancellation).First();
        batch.Upload(host);
        int explained = given;
        GradCam.Pass pass = GradCam.Run(
            device, network, batch.Shape.Output, batch.Transform,
            logits => explained = given < 0 ? Prediction.ArgMax(logits) : given);
        if (!pass.Logits.All(float.IsFinite))
            throw Checkpoint.Diverged(checkpoint);
        HeatMap map = GradCam.Map(pass);
        ImageTransformParameters seen = host.Parameters[0];
        return new Explanation(
            Prediction.Probabilities(Info.Options.Task, pass.Logits), Info.Classes[explained], map,
            Overlay.Draw(new ImageSize(seen.Width, seen.Height, seen.Channels), host.Pixels, map, seen.Crop));
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
