using System.Numerics;

namespace IlgpuCxr.Tests.Ptx;

/// <summary>The instructions that a thread computes alone, from registers to a register.</summary>
internal static class PtxArithmetic
{
    // What the PTX ISA allows ex2.approx of its result, and lg2.approx of its own, but near 1 of 1.
    private const double ApproximationError = 1.0 / (1 << 22);

    private static readonly Dictionary<string, Func<ulong, ulong>> unary = new()
    {
        ["mov.b32"] = a => (uint)a,
        ["mov.b64"] = a => a,
        ["mov.f32"] = a => a,
        ["cvta.to.global.u64"] = a => a,
        ["cvt.u32.u64"] = a => (uint)a,
        ["cvt.s32.s64"] = a => (uint)a,
        ["cvt.u64.u32"] = a => (uint)a,
        ["cvt.s64.s32"] = a => (ulong)(int)a,
        ["cvt.s32.u8"] = a => (byte)a,
        ["cvt.u8.u32"] = a => (byte)a,
        ["cvt.rn.f32.s32"] = a => Bits((int)a),
        ["neg.s32"] = a => (uint)-(int)a,
        ["neg.f32"] = a => Bits(-Float(a)),
        ["abs.f32"] = a => Bits(Math.Abs(Float(a))),
        ["sqrt.rn.f32"] = a => Bits(MathF.Sqrt(Float(a))),
        ["rcp.rn.f32"] = a => Bits(1 / Float(a)),
        ["ex2.approx.f32"] = a => Bits(Approximated(Math.Pow(2, Float(a)), isAbsolute: false, a)),
        ["lg2.approx.f32"] = a => Bits(Approximated(Math.Log2(Float(a)), Float(a) is > 0.5f and < 2, a)),
    };

    private static readonly Dictionary<string, Func<ulong, ulong, ulong>> binary = new()
    {
        ["add.s32"] = (a, b) => (uint)(a + b),
        ["add.s64"] = (a, b) => a + b,
        ["add.u64"] = (a, b) => a + b,
        ["sub.s32"] = (a, b) => (uint)(a - b),
        ["sub.s64"] = (a, b) => a - b,
        ["mul.lo.s32"] = (a, b) => (uint)(a * b),
        ["mul.lo.s64"] = (a, b) => a * b,
        ["mul.wide.u32"] = (a, b) => (ulong)(uint)a * (uint)b,
        ["div.s32"] = (a, b) => (uint)((int)a / (int)b),
        ["div.s64"] = (a, b) => (ulong)((long)a / (long)b),
        ["rem.s32"] = (a, b) => (uint)((int)a % (int)b),
        ["rem.s64"] = (a, b) => (ulong)((long)a % (long)b),
        ["min.s32"] = (a, b) => (uint)Math.Min((int)a, (int)b),
        ["max.s32"] = (a, b) => (uint)Math.Max((int)a, (int)b),
        ["min.s64"] = (a, b) => (ulong)Math.Min((long)a, (long)b),
        ["max.s64"] = (a, b) => (ulong)Math.Max((long)a, (long)b),
        ["and.b32"] = (a, b) => (uint)(a & b),
        ["or.b32"] = (a, b) => (uint)(a | b),
        ["or.b64"] = (a, b) => a | b,
        ["xor.b32"] = (a, b) => (uint)(a ^ b),
        ["and.pred"] = (a, b) => a & b,
        ["or.pred"] = (a, b) => a | b,
        ["shl.b32"] = (a, b) => b > 31 ? 0 : (uint)a << (int)b,
        ["shl.b64"] = (a, b) => b > 63 ? 0 : a << (int)b,
        ["shr.u32"] = (a, b) => b > 31 ? 0 : (uint)a >> (int)b,
        ["shr.u64"] = (a, b) => b > 63 ? 0 : a >> (int)b,
        ["shr.s32"] = (a, b) => (uint)((int)a >> (int)Math.Min(b, 31)),
        ["shr.s64"] = (a, b) => (ulong)((long)a >> (int)Math.Min(b, 63)),
        ["add.f32"] = (a, b) => Bits(Float(a) + Float(b)),
        ["sub.f32"] = (a, b) => Bits(Float(a) - Float(b)),
        ["mul.f32"] = (a, b) => Bits(Float(a) * Float(b)),
        ["div.rn.f32"] = (a, b) => Bits(Float(a) / Float(b)),
        // Of a number and a NaN these return the number.
        ["max.f32"] = (a, b) =>
            float.IsNaN(Float(a)) ? b : float.IsNaN(Float(b)) ? a : Bits(MathF.Max(Float(a), Float(b))),
        ["min.f32"] = (a, b) =>
            float.IsNaN(Float(a)) ? b : float.IsNaN(Float(b)) ? a : Bits(MathF.Min(Float(a), Float(b))),
        ["cvt.rn.bf16x2.f32"] = (high, low) => RoundToBf16(high) << 16 | RoundToBf16(low),
    };

    private static readonly Dictionary<string, Func<ulong, ulong, ulong, ulong>> ternary = new()
    {
        ["mad.lo.s32"] = (a, b, c) => (uint)(a * b + c),
        ["mad.lo.u64"] = (a, b, c) => a * b + c,
        ["mad.lo.s64"] = (a, b, c) => a * b + c,
        ["fma.rn.f32"] = (a, b, c) => Bits(MathF.FusedMultiplyAdd(Float(a), Float(b), Float(c))),
        ["selp.b32"] = (a, b, c) => (uint)(c != 0 ? a : b),
        ["selp.b64"] = (a, b, c) => c != 0 ? a : b,
    };

    public static Action<PtxThread> Decode(string name, int[] operands)
    {
        int result = operands[0];
        if (operands.Length == 2 && unary.TryGetValue(name, out Func<ulong, ulong>? one))
            return thread => thread.Registers[result] = one(thread.Registers[operands[1]]);
        if (operands.Length == 3
            && (binary.TryGetValue(name, out Func<ulong, ulong, ulong>? two) || Comparison(name, out two)))
            return thread => thread.Registers[result] = two!(
                thread.Registers[operands[1]], thread.Registers[operands[2]]);
        if (operands.Length == 4 && ternary.TryGetValue(name, out Func<ulong, ulong, ulong, ulong>? three))
            return thread => thread.Registers[result] = three(
                thread.Registers[operands[1]], thread.Registers[operands[2]], thread.Registers[operands[3]]);
        throw new NotSupportedException($"The interpreter does not know '{name}' with {operands.Length} operands.");
    }

    private static bool Comparison(string name, out Func<ulong, ulong, ulong>? compare)
    {
        compare = null;
        if (name.Split('.') is not ["setp", var relation, var type])
            return false;
        Func<ulong, ulong, int?> order = type switch
        {
            "s32" => (a, b) => ((int)a).CompareTo((int)b),
            "u32" or "b32" => (a, b) => ((uint)a).CompareTo((uint)b),
            "s64" => (a, b) => ((long)a).CompareTo((long)b),
            "u64" or "b64" => (a, b) => a.CompareTo(b),
            // A comparison with a NaN does not hold, unless the relation ends in u.
            "f32" => (a, b) => float.IsNaN(Float(a)) || float.IsNaN(Float(b)) ? null : Float(a).CompareTo(Float(b)),
            _ => throw new NotSupportedException($"The interpreter does not know '{name}'."),
        };
        bool unordered = type == "f32" && relation.EndsWith('u');
        Func<int, bool> holds = (unordered ? relation[..^1] : relation) switch
        {
            "eq" => x => x == 0,
            "ne" => x => x != 0,
            "lt" or "lo" => x => x < 0,
            "le" or "ls" => x => x <= 0,
            "gt" or "hi" => x => x > 0,
            "ge" or "hs" => x => x >= 0,
            _ => throw new NotSupportedException($"The interpreter does not know '{name}'."),
        };
        compare = (a, b) => (order(a, b) is { } x ? holds(x) : unordered) ? 1u : 0u;
        return true;
    }

    // Up or down by as much as it may be, either as often as the other.
    private static float Approximated(double exact, bool isAbsolute, ulong argument)
    {
        double error = ApproximationError * (isAbsolute ? 1 : exact);
        return (float)(exact + (BitOperations.PopCount(argument) % 2 == 0 ? error : -error));
    }

    // To nearest, ties to even.
    private static ulong RoundToBf16(ulong bits) =>
        float.IsNaN(Float(bits)) ? 0x7FFFu : (uint)(bits + 0x7FFF + (bits >> 16 & 1)) >> 16;

    private static float Float(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
