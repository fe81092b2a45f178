using System.Diagnostics;
using System.Runtime.InteropServices;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Tests.Weights;

/// <summary>A whole torchvision ResNet18 goes from PyTorch to here and back; needs a Python that has both.</summary>
public sealed class PyTorchInteroperabilityTests
{
    /// <summary>The environment variable that names such a Python.</summary>
    private const string PythonVariable = "ILGPUCXR_TORCH_PYTHON";

    private const int Images = 2, Size = 64;

    // Single precision through 18 layers: some 1e-6 of the logits; ten times that tells an error from rounding.
    private const double Tolerance = 1e-5;

    [TestCase("zip.pth")]
    [TestCase("legacy.pth")]
    public void A_network_of_torchvision_computes_the_same_here_and_goes_back(string name)
    {
        if (Environment.GetEnvironmentVariable(PythonVariable) is not { Length: > 0 } python)
        {
            Assert.Ignore($"Set {PythonVariable} to a Python with torch and torchvision to run this test.");
            return;
        }
        using var folder = new TemporaryFolder();
        string script = Fixture.PathOf("torchvision_roundtrip.py");
        Run(python, script, "make", folder.PathOf(""));

        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, "resnet18", new NetworkHead(0, 1000));
        Assert.That(
            WeightImport.Load(device, network, folder.PathOf(name)).Loaded, Is.EqualTo(network.Parameters.Count));
        var shape = new TensorShape(Images, Size, Size, 3);
        float[] pixels = Fixtures.PyTorchLayout.ToNhwc(Floats(folder.PathOf("input.bin")), shape);
        float[] logits = Evaluate(device, network, shape, pixels), expected = Floats(folder.PathOf("logits.bin"));
        double difference = Math.Sqrt(
            logits.Zip(expected, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(b => (double)b * b));
        TestContext.Out.WriteLine($"{name}: logits differ by {difference:E1} of their norm");
        Assert.That(difference, Is.LessThan(Tolerance));

        WeightConversion.Convert(folder.PathOf(name), folder.PathOf("back.pth"));
        WeightConversion.Convert(folder.PathOf(name), folder.PathOf("back.safetensors"));
        WeightConversion.Convert(folder.PathOf("back.safetensors"), folder.PathOf("back2.pth"));
        TestContext.Out.WriteLine(Run(python, script, "check", folder.PathOf(""), "back.pth", "back2.pth"));
    }

    private static float[] Evaluate(ComputeDevice device, Network network, TensorShape shape, float[] pixels)
    {
        using DeviceBuffer<float> images = device.Allocate<float>(shape.Count);
        device.Upload<float>(images.View, pixels);
        device.Plan(() => Forward().Release());
        Tensor output = Forward();
        float[] logits = device.Download(output.View);
        output.Release();
        return logits;

        Tensor Forward()
        {
            Tensor input = device.Arena.Rent(shape);
            device.Copy(input.View, images.View);
            return network.Forward(input, training: false);
        }
    }

    private static float[] Floats(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();

    private static string Run(string python, params string[] arguments)
    {
        var start = new ProcessStartInfo(python, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, error.Result);
        return output;
    }
}
