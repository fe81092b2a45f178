using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IlgpuCxr.Tests.Training;

/// <summary>
/// Stands for many bits, because NUnit compares arrays of millions of elements one by one in seconds.
/// </summary>
internal static class Digest
{
    public static string OfFile(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    public static string Of(float[] values) =>
        Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values)));
}
