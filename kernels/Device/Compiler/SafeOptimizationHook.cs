using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Adds to optimisation level O1 the one thing that O2 is wanted for: address spaces known at compile time.
/// </summary>
/// <remarks>
/// ILGPU 1.5.3 at O2 moves loads and calls across stores and barriers (its CodePlacement pass), so kernels race and
/// give wrong results. At O1 it emits generic loads (<c>ld</c> instead of <c>ld.global</c>). Inferring the address
/// spaces after O1 keeps the order of the program and lets the driver's assembler unroll loops and keep local arrays in
/// registers. It also makes kernels compile for OpenCL devices that lack the generic address space.
/// </remarks>
internal sealed class SafeOptimizationHook : IBackendHook
{
    /// <inheritdoc/>
    public void InitializedKernelContext(IRContext kernelContext, Method kernelMethod) { }

    /// <inheritdoc/>
    public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod)
    {
        var passes = Transformer.CreateBuilder(TransformerConfiguration.Empty);
        passes.Add(new InferKernelAddressSpaces(MemoryAddressSpace.Global));
        passes.Add(new LowerStructures());
        passes.Add(new UnreachableCodeElimination());
        passes.Add(new DeadCodeElimination());
        passes.Add(new InferLocalAddressSpaces());
        passes.Add(new UnreachableCodeElimination());
        passes.Add(new DeadCodeElimination());
        passes.Add(new CleanupBlocks());
        passes.Add(new SimplifyControlFlow());
        kernelContext.Transform(passes.ToTransformer());
    }

    /// <inheritdoc/>
    public void FinishedCodeGeneration(IRContext context, Method entryPoint) { }
}
