using ILGPU;

namespace IlgpuCxr.Data;

/// <summary>What the images of a batch are, on the device; which of the two is filled depends on the loss.</summary>
/// <param name="Classes"><c>[N]</c>, the index of each image's class: for cross entropy.</param>
/// <param name="Labels">
/// <c>[N, C]</c>, 1 where an image has a label, else 0: for the losses of several labels an image.
/// </param>
public readonly record struct BatchTargets(ArrayView<int> Classes, ArrayView<float> Labels)
{
    /// <summary>One class an image.</summary>
    /// <param name="classes"><c>[N]</c></param>
    public static BatchTargets OfClasses(ArrayView<int> classes) => new(classes, default);

    /// <summary>Any number of labels an image.</summary>
    /// <param name="labels"><c>[N, C]</c></param>
    public static BatchTargets OfLabels(ArrayView<float> labels) => new(default, labels);
}
