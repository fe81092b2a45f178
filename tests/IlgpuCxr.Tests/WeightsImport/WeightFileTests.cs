using System.IO.Pipes;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

public class WeightFileTests
{
    [TestCase("torch_kinds_zip.pth", "contiguous")]
    [TestCase("torch_kinds_legacy.pth", "contiguous")]
    [TestCase("keras_weights.h5", "block1_conv1/kernel:0")]
    public void TheFormatIsSeenByTheFirstBytes(string name, string tensor)
    {
        using WeightFile file = WeightFile.Open(Fixture.PathOf(name));

        Assert.That(file[tensor].Name, Is.EqualTo(tensor));
    }

    // A header of 80 bytes begins with the P of a zip archive, one of 128 bytes like a pickle.
    [TestCase(0, (byte)'P')]
    [TestCase(48, (byte)0x80)]
    public void SafetensorsAreSeenWhateverTheHeadersLength(int padding, byte first)
    {
        using var folder = new TemporaryFolder();
        var metadata = new Dictionary<string, string> { ["k"] = new string('x', padding) };
        SafetensorsFile.Write(folder.PathOf("a.bin"), [new WeightTensor("a", [1], new[] { 1f })], metadata);

        using WeightFile file = WeightFile.Open(folder.PathOf("a.bin"));

        Assert.That(file["a"].ToFloat32(), Is.EqualTo(new[] { 1f }));
        Assert.That(File.ReadAllBytes(folder.PathOf("a.bin"))[0], Is.EqualTo(first));
    }

    [TestCase(-1, 1)]
    [TestCase(0, 3)]
    [TestCase(2, 1)]
    public void ATensorIsNotReadBeyondItsElements(long first, int count)
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(
            folder.PathOf("a"),
            [new WeightTensor("a", [2], new[] { 1f, 2f }), new WeightTensor("b", [2], new[] { 3f, 4f })]);
        using WeightFile file = WeightFile.Open(folder.PathOf("a"));
        TensorReader reader = file["a"].OpenReader();

        Assert.That(() => reader.Read(first, new float[count]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase("")]
    [TestCase("a text, and a long one")]
    public void AnythingElseIsRefused(string text)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", System.Text.Encoding.UTF8.GetBytes(text));

        Assert.That(
            () => WeightFile.Open(path),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("neither a PyTorch, safetensors nor Keras"));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows pipes have no such paths.")]
    public void APipeIsRefused()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        string path = $"/dev/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";

        Assert.That(
            () => WeightFile.Open(path),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains(path).And.Message.Contains("is a pipe"));
    }
}
