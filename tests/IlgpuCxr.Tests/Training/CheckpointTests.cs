using System.Text.Json.Nodes;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Training;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Training;

public sealed class CheckpointTests
{
    private static readonly CheckpointInfo Info = new()
    {
        Options = SmallRun.Options,
        Head = NetworkHead.Part1,
        Classes = ["infected", "normal"],
        History = [new EpochResult(0, 0.7, 0.69, 50, 0.5, 0.68, 62.5, 0.4, 3, 20)],
    };

    private TemporaryFolder folder;
    private ComputeDevice device;
    private Network network;
    private string path;

    [OneTimeSetUp]
    public void Save()
    {
        folder = new TemporaryFolder();
        path = folder.PathOf("best");
        device = SmallRun.Open(1);
        network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(3);
        Checkpoint.Save(path, device, network, null, Info);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        network.Dispose();
        device.Dispose();
        folder.Dispose();
    }

    [TestCase(OptimizerKind.Sgd, 1)]
    [TestCase(OptimizerKind.AdamW, 2)]
    public void Weights_and_what_the_optimizer_remembers_come_back_bit_for_bit(OptimizerKind kind, int memories)
    {
        var options = new OptimizerOptions { Kind = kind, LearningRate = 0.1f };
        using var optimizer = new Optimizer(device, network, options);
        device.Upload<float>(
            network.Store.Gradients,
            [.. Enumerable.Range(0, (int)network.Store.LearnedCount).Select(i => MathF.Sin(i))]);
        optimizer.Step();
        string last = folder.PathOf("last");
        Checkpoint.Save(last, device, network, optimizer);
        long header = new FileInfo(last + ".safetensors").Length - Checkpoint.BytesOf(network, optimizer);
        Assert.That(header, Is.InRange(1, 100_000), "what is not tensors");

        using var other = new Network(device, "resnet18", NetworkHead.Part1);
        using var otherOptimizer = new Optimizer(device, other, options);
        Checkpoint.Load(last, device, other, otherOptimizer);

        foreach ((Parameter saved, Parameter loaded) in network.Parameters.Zip(other.Parameters))
        {
            Assert.That(
                Digest.Of(device.Download(loaded.Value)), Is.EqualTo(Digest.Of(device.Download(saved.Value))),
                saved.Name);
            if (saved.IsBuffer)
                continue;
            float[][] memory = MemoryOf(network, optimizer, saved);
            Assert.That(memory, Has.Length.EqualTo(memories));
            Assert.That(memory.All(part => part.Any(value => value != 0)), saved.Name);
            Assert.That(
                MemoryOf(other, otherOptimizer, loaded).Select(Digest.Of), Is.EqualTo(memory.Select(Digest.Of)),
                saved.Name);
        }
        Assert.That(otherOptimizer.Steps, Is.EqualTo(1));
    }

    [Test]
    public void What_the_optimizer_needs_must_be_there_with_its_shape()
    {
        using var optimizer = new Optimizer(device, network, new OptimizerOptions());
        string message = "does not hold what the optimizer remembers of conv1.weight, as 'optimizer.momentum_buffer.conv1.weight'; resume from the 'last'";
        Assert.That(
            () => Checkpoint.Load(path, device, network, optimizer),
            Throws.TypeOf<NetworkException>().With.Message.Contains(message));

        string cut = folder.PathOf("cut.safetensors");
        Checkpoint.Save(cut, device, network, optimizer, Info);
        using (WeightFile whole = SafetensorsFile.Read(cut))
        {
            WeightTensor[] tensors =
                [.. whole.Where(tensor => tensor.Name != "optimizer.momentum_buffer.conv1.weight")];
            SafetensorsFile.Write(folder.PathOf("steps.safetensors"), [.. whole]);
            SafetensorsFile.Write(
                folder.PathOf("short.safetensors"),
                [.. tensors, new WeightTensor("optimizer.momentum_buffer.conv1.weight", [1], new float[1])],
                whole.Metadata);
        }
        Assert.That(
            () => Checkpoint.Load(folder.PathOf("short"), device, network, optimizer),
            Throws.TypeOf<NetworkException>().With.Message.Contains(message));
        Assert.That(
            () => Checkpoint.Load(folder.PathOf("steps"), device, network, optimizer),
            Throws.TypeOf<NetworkException>().With.Message.Contains("does not tell how many steps were trained"));
        Assert.That(() => Checkpoint.Load(cut, device, network, optimizer), Throws.Nothing);
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "Windows does not replace a file that is open.")]
    public void The_network_and_the_description_are_of_the_same_epoch_while_a_training_goes_on()
    {
        string running = folder.PathOf("running.safetensors"), next = folder.PathOf("next.safetensors");
        string[] epochs = [folder.PathOf("epoch0"), folder.PathOf("epoch1")];
        Parameter bias = network.Parameters[^1];
        float[] before = device.Download(bias.Value);
        for (int epoch = 0; epoch < epochs.Length; epoch++)
        {
            device.Upload<float>(bias.Value, [epoch, epoch]);
            Checkpoint.Save(
                epochs[epoch], device, network, null, Info with { History = [Info.History[0] with { Epoch = epoch }] });
        }
        device.Upload<float>(bias.Value, before);
        File.CreateSymbolicLink(running, Checkpoint.FileOf(epochs[0]));
        using var isDone = new CancellationTokenSource();
        var training = Task.Run(() =>
        {
            for (int epoch = 1; !isDone.IsCancellationRequested; epoch = 1 - epoch)
            {
                // A link is made faster than a copy, and so replaces the file within every loading.
                File.CreateSymbolicLink(next, Checkpoint.FileOf(epochs[epoch]));
                File.Move(next, running, overwrite: true);
            }
        });
        try
        {
            for (int i = 0; i < 20; i++)
            {
                (Network loaded, CheckpointInfo info) = Checkpoint.LoadNetwork(running, device);
                using (loaded)
                    Assert.That(device.Download(loaded.Parameters[^1].Value)[0], Is.EqualTo(info.History[0].Epoch));
            }
        }
        finally
        {
            isDone.Cancel();
            training.GetAwaiter().GetResult();
        }
    }

    [Test]
    public void The_description_comes_back_without_times()
    {
        CheckpointInfo read = Checkpoint.ReadInfo(path);
        Assert.That(read.Options, Is.EqualTo(Info.Options));
        Assert.That(read.Head, Is.EqualTo(Info.Head));
        Assert.That(read.Classes, Is.EqualTo(Info.Classes));
        Assert.That(read.History, Is.EqualTo(new[] { Info.History[0] with { Seconds = 0, ImagesPerSecond = 0 } }));
    }

    [Test]
    public void The_description_may_be_of_a_network_that_this_program_does_not_know()
    {
        CheckpointInfo own = Info with { Options = Info.Options with { Network = "small", Size = 4 } };
        Assert.That(CheckpointInfo.FromJson(own.ToJson()).Options, Is.EqualTo(own.Options));
    }

    [Test]
    public void Names_and_shapes_are_those_of_torchvision()
    {
        using WeightFile file = SafetensorsFile.Read(path + ".safetensors");
        Assert.That(file["conv1.weight"].Shape, Is.EqualTo(new long[] { 64, 3, 7, 7 }));
        Assert.That(file["layer2.0.downsample.1.running_var"].Shape, Is.EqualTo(new long[] { 128 }));
        Assert.That(file["fc.0.weight"].Shape, Is.EqualTo(new long[] { 130, 512 }));
        // 20 convolutions, 20 batch norms of four tensors, two linear layers of two.
        Assert.That(file.Count, Is.EqualTo(20 + 4 * 20 + 2 * 2));
    }

    [Test]
    public void Another_head_is_told_with_both_shapes()
    {
        using var other = new Network(device, "resnet18", NetworkHead.Part1 with { Outputs = 3 });
        Assert.That(
            () => Checkpoint.Load(path, device, other, null),
            Throws.TypeOf<NetworkException>().With.Message.Contains(
                "fc.2.weight is [2, 130] instead of [3, 130]").And.Message.Contains(path));
    }

    [Test]
    public void Another_structure_is_told_by_the_first_names_only()
    {
        using var other = new Network(device, "resnet18", NetworkHead.Part2);
        Assert.That(
            () => Checkpoint.Load(path, device, other, null),
            Throws.TypeOf<NetworkException>().With.Message.Contains(
                "(missing: fc.weight, fc.bias; not expected: fc.0.weight, fc.0.bias, fc.2.weight and 1 more)"));
    }

    [Test]
    public void Elements_that_are_no_numbers_are_told_before_anything_changes()
    {
        string file = folder.PathOf("complex.safetensors");
        using (WeightFile whole = SafetensorsFile.Read(path + ".safetensors"))
        {
            SafetensorsFile.Write(
                file,
                whole.Select(tensor => tensor.Name == "fc.2.bias"
                    ? new WeightTensor(tensor.Name, TensorDataType.Complex64, [2], new byte[16])
                    : tensor));
        }
        Assert.That(
            () => Checkpoint.Load(file, device, network),
            Throws.TypeOf<NetworkException>().With.Message.Contains(
                "fc.2.bias holds Complex64 elements instead of Float32"));
    }

    [Test]
    public void What_cannot_be_written_is_told()
    {
        Directory.CreateDirectory(folder.PathOf("directory.safetensors"));
        Assert.That(
            () => Checkpoint.Save(folder.PathOf("directory"), device, network),
            Throws.InstanceOf<IOException>().With.Message.Contains("directory.safetensors: cannot be written"));
    }

    [Test]
    public void A_file_that_is_larger_than_an_array_is_predicted_batch_by_batch()
    {
        string images = folder.PathOf("images.safetensors");
        byte[] header =
            """{"input":{"dtype":"F8_E4M3","shape":[700000,3,32,32],"data_offsets":[0,2150400000]}}"""u8.ToArray();
        using (var sparse = new FileStream(images, FileMode.CreateNew))
        {
            sparse.Write(BitConverter.GetBytes((long)header.Length));
            sparse.Write(header);
            sparse.SetLength(sparse.Length + 2150400000);
        }
        using var predictor = new Predictor(device, path);
        Assert.That(
            () => predictor.Predict(images, 2, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>(), "before the first batch");
        File.Delete(images);
    }

    [Test]
    public void Steps_without_images_are_refused()
    {
        using var predictor = new Predictor(device, path);
        Assert.That(
            () => predictor.Predict(folder.PathOf("images.safetensors"), 0, CancellationToken.None),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("batchSize"));
    }

    [Test]
    public void Normalised_images_need_not_be_square()
    {
        var shape = new TensorShape(1, 32, 48, 3);
        float[] image = BatchLearner.Noise(shape, "image"), logits = [];
        device.Plan(Evaluate);
        Evaluate();
        string images = folder.PathOf("wide.safetensors");
        SafetensorsFile.Write(images, [new("input", [1, 3, 32, 48], Fixtures.PyTorchLayout.ToNchw(image, shape))]);
        using var predictor = new Predictor(device, path);
        Assert.That(
            predictor.Predict(images, 1, CancellationToken.None)[0].Probabilities,
            Is.EqualTo(Prediction.Probabilities(ClassificationTask.Binary, logits)));

        void Evaluate()
        {
            Tensor input = device.Arena.Rent(shape);
            device.Upload<float>(input.View, image);
            Tensor result = network.Forward(input, training: false);
            logits = device.Download(result.View);
            result.Release();
        }
    }

    [Test]
    public void An_image_of_a_later_batch_is_told_by_its_number()
    {
        var values = new float[5 * 3 * 32 * 32];
        values[(3 * 3 * 32 * 32) + 7] = float.NaN;
        string images = folder.PathOf("nan.safetensors");
        SafetensorsFile.Write(images, [new("input", [5, 3, 32, 32], values)]);
        using var predictor = new Predictor(device, path);
        Assert.That(
            () => predictor.Predict(images, 2, CancellationToken.None),
            Throws.TypeOf<NetworkException>().With.Message.StartsWith($"Image 3 of {images}"));
    }

    [Test]
    public void A_file_that_is_not_there_is_told() =>
        Assert.That(
            () => Checkpoint.ReadInfo(folder.PathOf("none")),
            Throws.TypeOf<NetworkException>().With.Message.Contains("none.safetensors"));

    [Test]
    public void A_file_of_another_ending_is_told() =>
        Assert.That(
            () => Checkpoint.ReadInfo(folder.Write("notes.txt", [1])),
            Throws.TypeOf<NetworkException>().With.Message.Contains(".safetensors"));

    [Test]
    public void A_file_that_is_not_safetensors_is_told() =>
        Assert.That(
            () => Checkpoint.ReadInfo(folder.Write("notes.safetensors", "these are only some notes"u8.ToArray())),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("notes.safetensors"));

    [TestCase(4)]
    [TestCase(1000)]
    [TestCase(1_000_000)]
    public void A_truncated_file_is_told(int bytes)
    {
        string truncated = folder.Write("truncated.safetensors", File.ReadAllBytes(path + ".safetensors")[..bytes]);
        Assert.That(
            () => Checkpoint.ReadInfo(truncated),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("truncated.safetensors"));
    }

    [TestCase("options", "null")]
    [TestCase("classes", "null")]
    [TestCase("classes", "[]")]
    [TestCase("classes", "[\"normal\"]")]
    [TestCase("classes", "[\"normal\",\"normal\"]")]
    [TestCase("classes", "[\"normal\",null]")]
    [TestCase("history", "null")]
    [TestCase("history", "[null]")]
    [TestCase("head", "{\"hidden\":-1,\"outputs\":2}")]
    [TestCase("head", "{\"hidden\":2000000000,\"outputs\":2}")]
    [TestCase("head", "{\"hidden\":130,\"outputs\":2,\"dropout\":2}")]
    [TestCase("options", "{\"batch\":0}")]
    public void A_description_that_somebody_broke_is_told(string key, string value)
    {
        JsonNode description = JsonNode.Parse(Info.ToJson())!;
        description[key] = JsonNode.Parse(value);
        string file = folder.PathOf("broken.safetensors");
        SafetensorsFile.Write(
            file, [new("fc.weight", [1], new[] { 1f })],
            new Dictionary<string, string> { [CheckpointInfo.MetadataKey] = description.ToJsonString() });
        Assert.That(
            () => Checkpoint.ReadInfo(file),
            Throws.TypeOf<NetworkException>().With.Message.Contains("broken.safetensors"));
    }

    [TestCase(null)]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("{\"options\": 3")]
    public void Weights_without_a_description_are_told(string? description)
    {
        string file = folder.PathOf("weights.safetensors");
        Dictionary<string, string>? metadata = description is null
            ? null
            : new() { [CheckpointInfo.MetadataKey] = description };
        SafetensorsFile.Write(file, [new WeightTensor("fc.weight", [1], new[] { 1f })], metadata);
        Assert.That(
            () => Checkpoint.ReadInfo(file),
            Throws.TypeOf<NetworkException>().With.Message.Contains(file).And.Message.Contains("cxr train"));
    }

    private float[][] MemoryOf(Network of, Optimizer optimizer, Parameter parameter) =>
        [.. optimizer.State.Select(state => device.Download(of.Store.PartOf(parameter, state.Values)))];

    [Test]
    public void Weights_alone_are_read_back_and_are_no_run()
    {
        string file = folder.PathOf("weights");
        Checkpoint.Save(file, device, network);
        using var other = new Network(device, "resnet18", NetworkHead.Part1);
        Checkpoint.Load(file, device, other);
        Assert.That(device.Download(other.Store.Values), Is.EqualTo(device.Download(network.Store.Values)));
        Assert.That(
            () => Checkpoint.ReadInfo(file),
            Throws.TypeOf<NetworkException>().With.Message.Contains("not how they were trained"));
    }
}
