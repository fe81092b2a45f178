using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;

namespace IlgpuCxr.Explain;

/// <summary>
/// Gradient-weighted class activation mapping: where the last convolutions of a network find what speaks for a class.
/// </summary>
/// <remarks>
/// With <c>A[p, q, k]</c> the activations of the last convolution block of an image and <c>y</c> the class's logit
/// <code>
/// α[k]      = 1/(P Q) Σ p,q ∂y / ∂A[p, q, k]
/// map[p, q] = max(0, Σ k α[k] A[p, q, k])
/// </code>
/// (Selvaraju et al. 2017, <see href="https://arxiv.org/abs/1610.02391">arXiv:1610.02391</see>), divided by its
/// maximum. Running statistics normalise, and dropout drops nothing.
/// </remarks>
internal static class GradCam
{
    /// <summary>What one pass through a network tells about an image.</summary>
    /// <param name="Shape"><c>[1, P, Q, K]</c></param>
    /// <param name="Activations">Those of the last convolution block, in that shape.</param>
    /// <param name="Gradients">The gradient of the class's logit with respect to them.</param>
    /// <param name="Logits"><c>[C]</c></param>
    public sealed record Pass(TensorShape Shape, float[] Activations, float[] Gradients, float[] Logits);

    /// <summary>Computes activations, logits, and a logit's gradient.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">
    /// The network; its parameters require no gradient afterwards, and its dropout is off.
    /// </param>
    /// <param name="image"><c>[1, H, W, 3]</c></param>
    /// <param name="fill">Launches what writes the image into the tensor it is given.</param>
    /// <param name="choose">
    /// From the logits to the class in question; also called while the memory is planned, with zeros.
    /// </param>
    public static Pass Run(
        ComputeDevice device, Network network, TensorShape image, Action<Tensor> fill, Func<float[], int> choose)
    {
        foreach (Layers.Parameter parameter in network.Parameters)
            parameter.RequiresGrad = false;
        network.Dropout.IsOff = true;
        Pass? result = null;
        device.Plan(Compute);
        device.Run(Compute);
        return result!;

        void Compute()
        {
            Tensor pixels = device.Arena.Rent(image);
            fill(pixels);
            Tensor features = network.ForwardFeatures(pixels).Retain();
            features.RequiresGrad = true;
            // The gradient wanted is that of the activations. As a ReLU's output they would get that ReLU's gradient, 0
            // in every window of the pooling that is all 0.
            features.IsActivation = false;
            Tensor logits = network.ForwardTail(features);
            Tensor gradLogits = device.Arena.Rent(logits.Shape);
            float[] scores = device.Download(logits);
            var direction = new float[scores.Length];
            direction[choose(scores)] = 1;
            device.Upload(gradLogits, direction);
            Tensor gradFeatures = network.BackwardTail(gradLogits);
            result = new Pass(
                features.Shape, device.Download(features), device.Download(gradFeatures), scores);
            gradFeatures.Release();
            logits.Release();
            features.Release();
        }
    }

    /// <summary>The map of a pass.</summary>
    public static HeatMap Map(Pass pass)
    {
        int channels = pass.Shape.C, pixels = pass.Shape.Pixels;
        var weights = new double[channels];
        for (int i = 0; i < pass.Gradients.Length; i++)
            weights[i % channels] += (double)pass.Gradients[i] / pixels;
        var map = new double[pixels];
        for (int i = 0; i < pass.Activations.Length; i++)
            map[i / channels] += weights[i % channels] * pass.Activations[i];
        double largest = map.Max();
        return new HeatMap(
            pass.Shape.H, pass.Shape.W, [.. map.Select(value => largest > 0 ? Math.Max(0, value) / largest : 0)]);
    }
}
