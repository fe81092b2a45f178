using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

/// <summary>Broken files of each format: every one is read or refused, with neither a crash nor a hang.</summary>
public class MutationTests
{
    private const int Mutations = 1500;

    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    [TestCase("torch_kinds_zip.pth")]
    [TestCase("torch_kinds_legacy.pth")]
    [TestCase("torch_checkpoint_zip.pth")]
    [TestCase("torch_checkpoint_legacy.pth")]
    [TestCase("python2_legacy.pth")]
    public void BrokenPyTorchFilesAreRefused(string name)
    {
        byte[] original = File.ReadAllBytes(Fixture.PathOf(name));

        AssertReadOrRefused(original, PyTorchFile.Read);
    }

    [Test]
    public void BrokenSafetensorsFilesAreRefused()
    {
        using var folder = new TemporaryFolder();
        using (WeightFile file = PyTorchFile.Read(Fixture.PathOf("torch_kinds_zip.pth")))
        {
            SafetensorsFile.Write(
                folder.PathOf("a"), file, new Dictionary<string, string> { ["format"] = "pt", ["epoch"] = "7" });
        }
        byte[] original = File.ReadAllBytes(folder.PathOf("a"));

        AssertReadOrRefused(original, SafetensorsFile.Read);
    }

    [TestCase("keras_weights.h5")]
    [TestCase("keras_latest.h5")]
    [TestCase("keras_weights_old.h5")]
    [TestCase("keras_3.weights.h5")]
    public void BrokenKerasFilesAreRefused(string name) =>
        AssertReadOrRefused(File.ReadAllBytes(Fixture.PathOf(name)), KerasFile.Read);

    private static void AssertReadOrRefused(byte[] original, Func<string, WeightFile> open)
    {
        int refused = 0;
        Task mutations = Task.Run(() =>
        {
            using var folder = new TemporaryFolder();
            for (int seed = 0; seed < Mutations; seed++)
            {
                string path = folder.Write("a", Mutate(original, new Random(seed)));
                if (!HostileFile.TryReadAll(path, open))
                    refused++;
            }
        });

        Assert.That(mutations.Wait(Hang), "a mutation hangs");
        Assert.That(refused, Is.InRange(Mutations / 10, Mutations), "most damage is noticed");
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        for (int i = random.Next(3); i >= 0; i--)
        {
            int at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: Array.Fill(bytes, (byte)0xFF, at, Math.Min(8, bytes.Length - at)); break;
                case 3: Array.Fill(bytes, (byte)0, at, Math.Min(8, bytes.Length - at)); break;
                default: Array.Copy(bytes, 0, bytes, at, Math.Min(random.Next(64), bytes.Length - at)); break;
            }
        }
        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
