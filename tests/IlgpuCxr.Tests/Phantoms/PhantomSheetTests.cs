using IlgpuCxr.Data;
using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Phantoms;

public sealed class PhantomSheetTests
{
    /// <summary>docs/phantoms.md shows the phantoms as they are drawn now.</summary>
    [Test]
    public void ThePictureInTheDocumentationIsCurrent()
    {
        using var folder = new DataFolder();
        string drawn = folder.PathOf("phantoms.png");
        PhantomSheet.Write(drawn, columns: 4, rowsPerClass: 1, size: 112, seed: 1, difficulty: 0.4);
        var decoder = new VipsImageDecoder();

        (ImageSize size, byte[] pixels) = decoder.Decode(
            Path.Combine(SharedData.RepositoryRoot, "docs", "images", "phantoms.png"));

        Assert.That(size, Is.EqualTo(new ImageSize(454, 340, 1)));
        // Another processor or library may round the last bit of a sine or a power otherwise.
        Assert.That(
            pixels.Select(level => (int)level),
            Is.EqualTo(decoder.Decode(drawn).Pixels.Select(level => (int)level)).Within(1),
            $"draw it anew with {nameof(PhantomSheet)}.{nameof(PhantomSheet.Write)}");
    }
}
