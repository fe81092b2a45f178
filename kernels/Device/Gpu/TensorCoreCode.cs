using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Types;
using ILGPU.IR.Values;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Writes the PTX of <see cref="TensorCore"/>'s methods; each method here has the name of the one it writes.
/// </summary>
/// <remarks>
/// ILGPU finds these by name and calls them while it writes a kernel; the signature is
/// <see cref="PTXIntrinsic.Handler"/>. Operands are loaded before a command begins, because loading one may write a
/// <c>mov</c> of its own.
/// </remarks>
internal static class TensorCoreCode
{
    public static void SharedAddress(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        Registers.HardwareRegister pointer = Pointer(code, value, 0, "shared");
        Registers.HardwareRegister result = (Registers.HardwareRegister)Results(code, value)[0];
        using var command = code.BeginCommand("cvt.u32.u64");
        command.AppendArgument(result);
        command.AppendArgument(pointer);
    }

    public static void CopyQuad(PTXBackend backend, PTXCodeGenerator code, Value value) => Copy(code, value, 16);

    public static void CopySingle(PTXBackend backend, PTXCodeGenerator code, Value value) => Copy(code, value, 4);

    public static void CommitCopies(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        code.Command("cp.async.commit_group");

    public static void AwaitCopies(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        int pending = ((PrimitiveValue)((MethodCall)value)[0].Resolve()).Int32Value;
        using var command = code.BeginCommand("cp.async.wait_group");
        command.AppendConstant(pending);
    }

    public static void LoadMatrices(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Matrices(code, value, "ldmatrix.sync.aligned.m8n8.x4.shared.b16");

    public static void LoadMatricesTransposed(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Matrices(code, value, "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16");

    public static void LoadShared(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var address = (Registers.HardwareRegister)Operand(code, value, 0)[0];
        Registers.PrimitiveRegister[] result = Results(code, value);
        using var command = code.BeginCommand("ld.shared.b32");
        command.AppendArgument(result[0]);
        command.AppendArgumentValue(address);
    }

    public static void PackBf16(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        Registers.PrimitiveRegister upper = Operand(code, value, 0)[0], lower = Operand(code, value, 1)[0];
        Registers.PrimitiveRegister result = Results(code, value)[0];
        using var command = code.BeginCommand("cvt.rn.bf16x2.f32");
        command.AppendArgument(result);
        command.AppendArgument(upper);
        command.AppendArgument(lower);
    }

    public static void MultiplyTf32(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Multiply(code, value, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32");

    public static void MultiplyBf16(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Multiply(code, value, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32");

    private static void Copy(PTXCodeGenerator code, Value value, int size)
    {
        var destination = (Registers.HardwareRegister)Operand(code, value, 0)[0];
        Registers.HardwareRegister source = Pointer(code, value, 1, "global");
        Registers.PrimitiveRegister bytes = Operand(code, value, 2)[0];
        using var command = code.BeginCommand("cp.async.ca.shared.global");
        command.AppendArgumentValue(destination);
        command.AppendArgumentValue(source);
        command.AppendConstant(size);
        command.AppendArgument(bytes);
    }

    private static void Matrices(PTXCodeGenerator code, Value value, string instruction)
    {
        var address = (Registers.HardwareRegister)Operand(code, value, 0)[0];
        Registers.PrimitiveRegister[] result = Results(code, value);
        using var command = code.BeginCommand(instruction);
        command.AppendVectorArgument(result);
        command.AppendArgumentValue(address);
    }

    private static void Multiply(PTXCodeGenerator code, Value value, string instruction)
    {
        Registers.PrimitiveRegister[] a = Operand(code, value, 0), c = Operand(code, value, 3);
        Registers.PrimitiveRegister[] b = [Operand(code, value, 1)[0], Operand(code, value, 2)[0]];
        Registers.PrimitiveRegister[] result = Results(code, value);
        using var command = code.BeginCommand(instruction);
        command.AppendVectorArgument(result);
        command.AppendVectorArgument(a);
        command.AppendVectorArgument(b);
        command.AppendVectorArgument(c);
    }

    /// <summary>A pointer operand in the given address space.</summary>
    private static Registers.HardwareRegister Pointer(PTXCodeGenerator code, Value value, int index, string space)
    {
        var pointer = (Registers.HardwareRegister)Operand(code, value, index)[0];
        if (((AddressSpaceType)((Registers.Register)pointer).Type).AddressSpace != MemoryAddressSpace.Generic)
            return pointer;
        Registers.HardwareRegister converted = code.AllocateRegister(BasicValueType.Int64, PTXRegisterKind.Int64);
        using var command = code.BeginCommand($"cvta.to.{space}.u64");
        command.AppendArgument(converted);
        command.AppendArgument(pointer);
        return converted;
    }

    /// <summary>The registers of a call's argument.</summary>
    public static Registers.PrimitiveRegister[] Operand(PTXCodeGenerator code, Value value, int index) =>
        [.. Primitives(code.Load(((MethodCall)value)[index])).Select(code.EnsureHardwareRegister)];

    private static Registers.PrimitiveRegister[] Results(PTXCodeGenerator code, Value value) =>
        Primitives(code.Allocate(value));

    private static Registers.PrimitiveRegister[] Primitives(Registers.Register register) => register switch
    {
        Registers.CompoundRegister compound => [.. compound.Children.Cast<Registers.PrimitiveRegister>()],
        _ => [(Registers.PrimitiveRegister)register],
    };
}
