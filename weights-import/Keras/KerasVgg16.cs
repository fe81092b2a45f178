using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// Keras's VGG16 (with its classifier, or "notop" without) in torchvision's names, shapes and order of elements.
/// </summary>
/// <remarks>
/// <para>A convolution's kernel is <c>[row, column, in, out]</c> in Keras and <c>[out, in, row, column]</c> in PyTorch;
/// a dense layer's is <c>[in, out]</c> and <c>[out, in]</c>.</para>
/// <para>The first dense layer reads the flattened image: Keras counts its inputs row by row with the channels last,
/// <c>(h 7 + w) 512 + c</c>, PyTorch channel by channel, <c>(c 7 + h) 7 + w</c>.</para>
/// </remarks>
public static partial class KerasVgg16
{
    private const int PooledSize = 7, PooledChannels = 512, KernelEdge = 3, ImageChannels = 3;
    private const string Convolution = "conv2d";

    // Convolutions of each block, and the place of each in torchvision's `features`: a ReLU follows each, a pooling
    // each block.
    private static readonly int[] ConvolutionsOfBlocks = [2, 2, 3, 3, 3];
    private static readonly string[] Convolutions = [.. PlacesOfConvolutions().Select(place => $"features.{place}")];
    private static readonly long[] ChannelsOfBlocks = [64, 128, 256, 512, 512];
    private static readonly string[] DenseLayers = ["classifier.0", "classifier.3", "classifier.6"];

    /// <summary>
    /// The tensors as torchvision has them; null where no tensor has the name of a layer of VGG16, or the file is none
    /// of Keras's.
    /// </summary>
    /// <remarks>
    /// The numbers that Keras 3 gives to layers are those of any network; they count where the convolutions' shapes are
    /// VGG16's.
    /// </remarks>
    /// <param name="file">An open file; the tensors read from it.</param>
    /// <exception cref="WeightFormatException">A tensor to reorder has packed elements.</exception>
    public static IReadOnlyList<WeightTensor>? ToPyTorch(WeightFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Format == KerasFile.Format ? ToPyTorch((IReadOnlyList<WeightTensor>)file) : null;
    }

    /// <summary>The same of the tensors of a Keras file.</summary>
    internal static IReadOnlyList<WeightTensor>? ToPyTorch(IReadOnlyList<WeightTensor> file)
    {
        var tensors = new List<WeightTensor>();
        bool known = false, areNumbered = AreNumberedAsVgg16(file);
        foreach (WeightTensor tensor in file)
        {
            string? layer = tensor.Name.Split('/').Select(name => LayerOf(name, areNumbered))
                .FirstOrDefault(name => name is not null);
            known |= layer is not null;
            tensors.Add(layer is null ? tensor : ToPyTorch(tensor, layer));
        }
        return known ? tensors : null;
    }

    /// <summary>Whether the numbered convolutions are VGG16's, all of them and no others.</summary>
    private static bool AreNumberedAsVgg16(IReadOnlyList<WeightTensor> file)
    {
        var shapes = new Dictionary<int, IReadOnlyList<long>>();
        foreach (WeightTensor tensor in file.Where(tensor => tensor.Shape.Count == 4))
        {
            Match? name = tensor.Name.Split('/').Select(part => NumberedName().Match(part))
                .FirstOrDefault(match => match.Success);
            if (name is null)
                continue;
            if (name.Groups[1].Value != Convolution || !shapes.TryAdd(NumberIn(name), tensor.Shape))
                return false;
        }
        long[][] expected = [.. ShapesOfConvolutions()];
        return shapes.Count == expected.Length
            && expected.Index().All(conv =>
                shapes.TryGetValue(conv.Index, out IReadOnlyList<long>? shape) && shape.SequenceEqual(conv.Item));
    }

    private static WeightTensor ToPyTorch(WeightTensor tensor, string layer) => tensor.Shape switch
    {
        [long rows, long columns, long inputs, long outputs] =>
            tensor.Permute($"{layer}.weight", tensor.Shape, [3, 2, 0, 1], [outputs, inputs, rows, columns]),
        [PooledSize * PooledSize * PooledChannels, long outputs] when layer == DenseLayers[0] =>
            tensor.Permute(
                $"{layer}.weight", [PooledSize, PooledSize, PooledChannels, outputs], [3, 2, 0, 1],
                [outputs, tensor.Shape[0]]),
        [long inputs, long outputs] => tensor.Permute($"{layer}.weight", tensor.Shape, [1, 0], [outputs, inputs]),
        [_] => tensor.Rename($"{layer}.bias"),
        _ => tensor,
    };

    /// <summary>
    /// torchvision's name of a layer: of those with names of their own, or of the numbered ones of Keras 3.
    /// </summary>
    private static string? LayerOf(string name, bool areNumbered)
    {
        if (name is "fc1" or "fc2" or "predictions")
            return DenseLayers[name == "fc1" ? 0 : name == "fc2" ? 1 : 2];
        if (BlockName().Match(name) is { Success: true } block)
        {
            (int number, int convolution) = (Number(block.Groups[1]) - 1, Number(block.Groups[2]) - 1);
            return number < ConvolutionsOfBlocks.Length && convolution < ConvolutionsOfBlocks[number]
                ? Convolutions[ConvolutionsOfBlocks[..number].Sum() + convolution]
                : null;
        }
        if (!areNumbered || NumberedName().Match(name) is not { Success: true } numbered)
            return null;
        string[] layers = numbered.Groups[1].Value == Convolution ? Convolutions : DenseLayers;
        int index = NumberIn(numbered);
        return index < layers.Length ? layers[index] : null;
    }

    private static int NumberIn(Match numbered) => numbered.Groups[2].Success ? Number(numbered.Groups[2]) : 0;

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    private static IEnumerable<int> PlacesOfConvolutions()
    {
        int place = 0;
        foreach (int convolutions in ConvolutionsOfBlocks)
        {
            for (int i = 0; i < convolutions; i++, place += 2)
                yield return place;
            place++;
        }
    }

    private static IEnumerable<long[]> ShapesOfConvolutions()
    {
        long inputs = ImageChannels;
        foreach ((int convolutions, long outputs) in ConvolutionsOfBlocks.Zip(ChannelsOfBlocks))
        {
            for (int i = 0; i < convolutions; i++, inputs = outputs)
                yield return [KernelEdge, KernelEdge, inputs, outputs];
        }
    }

    [GeneratedRegex("^block([1-9])_conv([1-9])$")]
    private static partial Regex BlockName();

    // Keras 3 numbers the layers of each kind in a file: conv2d, conv2d_1 and so on.
    [GeneratedRegex("^(" + Convolution + "|dense)(?:_([0-9]{1,3}))?$")]
    private static partial Regex NumberedName();
}
