using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Values;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Writes the PTX of <see cref="Warpgroup"/>'s methods, as <see cref="TensorCoreCode"/> does.</summary>
internal static class WarpgroupCode
{
    public static void FenceCopies(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        code.Command("fence.proxy.async.shared::cta");

    public static void FenceRegisters(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        code.Command("wgmma.fence.sync.aligned");

    public static void CommitProducts(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        code.Command("wgmma.commit_group.sync.aligned");

    public static void AwaitProducts(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        code.Command("wgmma.wait_group.sync.aligned 0");

    public static void MultiplyTf32(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Multiply(code, (MethodCall)value, "k8.f32.tf32.tf32", transposes: false);

    public static void MultiplyBf16(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Multiply(code, (MethodCall)value, "k16.f32.bf16.bf16", transposes: true);

    /// <remarks>
    /// The result has the very registers of the sums: with a <c>mov</c> between them the assembler would wait for each
    /// product before the next (its warning C7515). That is right because each value of the sums is used once.
    /// </remarks>
    private static void Multiply(PTXCodeGenerator code, MethodCall call, string format, bool transposes)
    {
        Registers.PrimitiveRegister[] a = TensorCoreCode.Operand(code, call, 0);
        var b = (Registers.HardwareRegister)TensorCoreCode.Operand(code, call, 1)[0];
        Registers.PrimitiveRegister[] sums = TensorCoreCode.Operand(code, call, 2);
        code.Bind(call, code.Load(call[2]));
        int columns = sums.Length * 2;
        using var command = code.BeginCommand($"wgmma.mma_async.sync.aligned.m64n{columns}{format}");
        command.AppendVectorArgument(sums);
        command.AppendVectorArgument(a);
        command.AppendArgument(b);
        // Add to the sums; neither factor's sign is turned.
        for (int i = 0; i < 3; i++)
            command.AppendConstant(1);
        // Of 16 bits the columns could also lie along the other index.
        if (transposes)
            command.AppendConstant(0);
    }
}
