namespace IlgpuCxr.GradientChecks;

/// <summary>What checking one operator on one shape found.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Numeric">The reference's gradients against central differences.</param>
/// <param name="Kernels">Each kernel against the reference.</param>
public sealed record CaseReport(
    string Operator, string Shape, NumericReport Numeric, IReadOnlyList<KernelReport> Kernels)
{
    /// <summary>Whether everything is right.</summary>
    public bool Right => Numeric.Right && Kernels.Count > 0 && Kernels.All(kernel => kernel.Right);
}

/// <summary>The analytic gradients of a reference against central differences, all in double precision.</summary>
/// <param name="Error">The largest relative error.</param>
/// <param name="Gradient">The gradient that has it.</param>
public sealed record NumericReport(double Error, string Gradient)
{
    /// <summary>
    /// The largest error of a right gradient. Central differences alone are off by about 1e-10, more where an operator
    /// is strongly curved; a wrong term, factor or index is off by much more than a millionth.
    /// </summary>
    public const double Tolerance = 1e-6;

    /// <summary>Whether the gradients are right.</summary>
    public bool Right => Error < Tolerance;
}

/// <summary>The results of an algorithm's kernels against the reference.</summary>
/// <param name="Algorithm">The algorithm.</param>
/// <param name="Error">The largest error, in units of its bound (<see cref="OperatorCase.Bounds()"/>).</param>
/// <param name="Result">The result that has it; empty where all are exact.</param>
public sealed record KernelReport(string Algorithm, double Error, string Result)
{
    /// <summary>Whether the kernels are right.</summary>
    public bool Right => Error <= 1;
}
