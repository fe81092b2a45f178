using System.Diagnostics;
using System.Globalization;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;
using PureHDF;

namespace IlgpuCxr.Tests.Weights;

/// <summary>
/// Time and memory of importing files of full size; docs/performance.md tells how to run it. Two runs, because making
/// the files takes memory.
/// </summary>
[Explicit("Writes 2.3 GB of files, and measures nothing that may fail.")]
[Platform("Linux", Reason = "The peak of a process's memory can be reset on Linux alone.")]
public sealed class WeightImportBenchmark
{
    private const string ResidentNow = "VmRSS", ResidentPeak = "VmHWM";

    private static readonly NetworkHead ImageNet = new(0, 1000);

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "ilgpucxr-weights-benchmark");

    [Test]
    public void Make()
    {
        Directory.CreateDirectory(Folder);
        foreach (string network in new[] { "resnet18", "vgg16" })
        {
            List<WeightTensor> tensors = NetworkState.Of(network, ImageNet, NetworkState.Distinct);
            string path = Path.Combine(Folder, network);
            PyTorchFile.Write(path + ".zip.pth", tensors);
            LegacyWriter.Write(path + ".legacy.pth", tensors);
            SafetensorsFile.Write(path + ".safetensors", tensors);
            WriteHdf(path + ".h5", tensors, asKeras: network == "vgg16");
        }
    }

    [Test]
    public void Import()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        TestContext.Out.WriteLine("file                    MB   seconds   peak MB   of the file");
        string[] files = [.. Directory.EnumerateFiles(Folder).Order()];
        // The first is measured twice: once while the runtime compiles.
        foreach (string path in files.Prepend(files[0]))
            Measure(device, path);
    }

    private static void Measure(ComputeDevice device, string path)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        File.WriteAllText("/proc/self/clear_refs", "5");
        double before = Status(ResidentNow), size = new FileInfo(path).Length / 1e6;
        long start = Stopwatch.GetTimestamp();
        using var network = new Network(device, Path.GetFileName(path).Split('.')[0], ImageNet);
        WeightImport.Load(device, network, path);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, peak = Status(ResidentPeak) - before;
        TestContext.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(path),-20} {size,6:F1} {seconds,9:F2} {peak,9:F1} {peak / size,12:F2}"));
    }

    /// <summary>A figure of the process in megabytes.</summary>
    private static double Status(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(
            line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
            * 1024 / 1e6;
    }

    /// <summary>
    /// ResNet18 as a plain HDF5 file of PyTorch's tensors; VGG16 in the layouts and under the names of Keras 3.
    /// </summary>
    private static void WriteHdf(string path, List<WeightTensor> tensors, bool asKeras)
    {
        var file = new H5File();
        int convolutions = 0, dense = 0;
        foreach (WeightTensor tensor in tensors)
        {
            ulong[] shape = [.. tensor.Shape.Select(extent => (ulong)extent)];
            if (!asKeras)
            {
                file[tensor.Name] = new H5Dataset(tensor.ToFloat32(), fileDims: shape);
                continue;
            }
            bool isBias = shape.Length == 1, isKernel = shape.Length == 4;
            int number = isBias ? (dense > 0 ? dense : convolutions) - 1 : isKernel ? convolutions++ : dense++;
            string layer =
                (dense > 0 ? "dense" : "conv2d") + (number == 0 ? "" : FormattableString.Invariant($"_{number}"));
            if (!isBias)
                file[layer] = new H5Group();
            // The elements' order is of no account to time and memory; only their shape is Keras's.
            ulong[] there = isKernel ? [shape[2], shape[3], shape[1], shape[0]] : [.. shape.Reverse()];
            ((H5Group)file[layer])[isBias ? "1" : "0"] = new H5Dataset(tensor.ToFloat32(), fileDims: there);
        }
        file.Write(path);
    }
}
