using System.Security.Cryptography;
using System.Text.Json;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Cli;

public sealed class WeightsCommandTests
{
    private CommandLine cxr;

    [OneTimeSetUp]
    public void Prepare() => cxr = new CommandLine();

    [OneTimeTearDown]
    public void RemoveIt() => cxr.Dispose();

    [Test]
    public void A_file_is_inspected_and_converted()
    {
        string path = cxr.PathOf("a.safetensors");
        SafetensorsFile.Write(
            path,
            [new("module.fc.weight", [1, 3], new[] { 1f, 2f, 6f }), new("module.fc.bias", [1], new[] { float.NaN })]);
        CommandResult table = cxr.Run("weights", "inspect", path);
        Assert.That(table.ExitCode, Is.Zero, table.Error);
        Assert.That(
            table.Output,
            Does.Contain("2 tensors of 4 elements in 16 bytes").And.Match(
                @"module\.fc\.weight │ Float32 │ +\[1, 3\] │ +1 │ +6 │ +3 │ +2\.16 │"),
            "minimum, maximum, mean and standard deviation");

        using (var json = JsonDocument.Parse(cxr.Run("weights", "inspect", path, "--json").Output))
        {
            JsonElement weight = json.RootElement.GetProperty("tensors")[0];
            Assert.That(weight.GetProperty("type").GetString(), Is.EqualTo("float32"));
            Assert.That(weight.GetProperty("statistics").GetProperty("mean").GetDouble(), Is.EqualTo(3));
            Assert.That(
                json.RootElement.GetProperty("tensors")[1].GetProperty("statistics").ValueKind,
                Is.EqualTo(JsonValueKind.Null));
        }

        CommandResult converted = cxr.Run("weights", "convert", cxr.PathOf("a"), cxr.PathOf("a.pth"));
        Assert.That(converted.ExitCode, Is.Zero, converted.Error);
        using WeightFile file = PyTorchFile.Read(cxr.PathOf("a.pth"));
        Assert.That(file["fc.weight"].ToFloat32(), Is.EqualTo(new[] { 1f, 2f, 6f }));
    }

    [Test]
    public void A_file_is_not_converted_into_itself()
    {
        string path = cxr.PathOf("last.safetensors");
        SafetensorsFile.Write(
            path, [new("fc.weight", [1], new[] { 1f }), new("optimizer.momentum.fc.weight", [1], new[] { 2f })]);
        byte[] before = File.ReadAllBytes(path);
        cxr.Run("weights", "convert", cxr.PathOf("last"), path).AssertRefused(2, "would overwrite the input");
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));
    }

    [Test]
    public void Names_do_not_command_the_terminal()
    {
        string path = cxr.PathOf("hostile.safetensors");
        SafetensorsFile.Write(
            path, [new("a\u001b[31m", [1], new[] { 1f })],
            new Dictionary<string, string> { ["note"] = "\u001b[2J\u0007" });
        Assert.That(
            cxr.Run("weights", "inspect", path).Output,
            Does.Contain("a?[31m").And.Contain("note: ?[2J?").And.Not.Contain("\u001b"));
    }

    [Test]
    public void A_table_is_never_folded()
    {
        string path = cxr.PathOf("long.safetensors"), name = string.Concat(Enumerable.Repeat("layer.", 50));
        SafetensorsFile.Write(path, [new(name, [1], new[] { -0.1051f })]);
        Assert.That(
            cxr.Run("weights", "inspect", path).Output.Split('\n'), Has.One.Contains(name).And.One.Contains("-0.1051"));
    }

    [TestCase("weights", 2, "fetch")]
    [TestCase("weights fetch alexnet", 2, "resnet18 or vgg16")]
    [TestCase("weights fetch resnet18 --url resnet18.pth", 2, "https://")]
    [TestCase("weights fetch resnet18 --url http://127.0.0.1:9/resnet18-5c106cde.pth", 1, "--url with a mirror")]
    [TestCase("weights inspect none.pth", 1, "there is no such file")]
    [TestCase("weights inspect .", 1, "is a directory; name a file in it")]
    [TestCase("weights convert none.pth a.txt", 2, ".pth or .safetensors")]
    public void What_is_wrong_is_one_sentence(string commandLine, int exitCode, string expected) =>
        cxr.Run(commandLine.Split(' ')).AssertRefused(exitCode, expected);

    [Test]
    public void Fetched_weights_start_a_training_that_only_the_same_weights_resume()
    {
        string original = cxr.PathOf("original.pth");
        PyTorchFile.Write(original, NetworkState.Of("resnet18", new NetworkHead(0, 1000), parameter =>
            [
                .. Enumerable.Repeat(
                    parameter.Name.EndsWith("var", StringComparison.Ordinal) ? 1f : 0.01f,
                    (int)parameter.Shape.Count)]));
        byte[] bytes = File.ReadAllBytes(original);
        string name = $"resnet18-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}.pth";
        using (var server = new LoopbackServer(_ => LoopbackResponse.Whole(bytes)))
        {
            CommandResult fetched = cxr.Run("weights", "fetch", "resnet18", "--url", server.UrlOf(name).AbsoluteUri);
            Assert.That(fetched.ExitCode, Is.Zero, fetched.Error);
            Assert.That(fetched.Output, Does.Contain("100 %").And.Contain(Path.Combine("home", "weights", name)));
        }

        using DataFolder data = DataFolder.Complete(2);
        CommandResult trained = Train(data, "imagenet", "--epochs", "1");
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        Assert.That(
            trained.Output,
            Does.Contain($"resnet18 from {name}").And.Contain("its classifier was dropped (fc.weight, fc.bias)"));
        string Cached(string file) => Path.Combine(cxr.PathOf("home"), "weights", file);
        File.Move(Cached(name), Cached("resnet18-5c106cde.pth"));
        File.WriteAllText(Cached("resnet18-0.pth"), "not the study's");
        Assert.That(
            Train(data, "imagenet", "--epochs", "2", "--resume").ExitCode, Is.Zero,
            "the same weights, under the name that the catalog has");
        CommandResult refused = Train(data, "random", "--epochs", "3", "--resume");
        Assert.That(refused.ExitCode, Is.EqualTo(2));
        Assert.That(refused.Error, Does.Contain("options.weights is "));
    }

    private CommandResult Train(DataFolder data, string weights, params string[] more) => cxr.Run(
        [
            "train", "--data", data.Root, "--size", "32", "--batch", "4", "--device", "cpu", "--out", cxr.PathOf("run"),
            "--weights", weights, .. more]);
}
