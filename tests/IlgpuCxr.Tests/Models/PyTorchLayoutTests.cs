using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Tests.Models;

public sealed class PyTorchLayoutTests
{
    [Test]
    public void A_filters_channels_move_before_its_rows_and_columns()
    {
        var shape = new TensorShape(2, 3, 5, 4);
        var filter = new Parameter("conv1.weight", shape, ParameterLayout.Filter, Initialization.Constant(0));
        float[] values = [.. Enumerable.Range(0, (int)shape.Count)];
        float[] reordered = Reordered.ToPyTorch(filter, values);

        for (int i = 0; i < values.Length; i++)
        {
            (int c, int s, int r, int k) = (i % 4, i / 4 % 5, i / 20 % 3, i / 60);
            Assert.That(reordered[((k * 4 + c) * 3 + r) * 5 + s], Is.EqualTo(values[i]));
        }
        Assert.That(filter.PyTorchShape, Is.EqualTo(new long[] { 2, 4, 3, 5 }));
        Assert.That(Reordered.FromPyTorch(filter, reordered), Is.EqualTo(values));
    }

    [TestCase(ParameterLayout.Matrix, 2)]
    [TestCase(ParameterLayout.Vector, 1)]
    public void Matrices_and_vectors_stay_as_they_are(ParameterLayout layout, int rank)
    {
        TensorShape shape = rank == 2 ? TensorShape.Matrix(2, 3) : TensorShape.Vector(6);
        var parameter = new Parameter("fc.weight", shape, layout, Initialization.Constant(0));
        float[] values = [1, 2, 3, 4, 5, 6];
        Assert.That(Reordered.ToPyTorch(parameter, values), Is.EqualTo(values));
        Assert.That(Reordered.FromPyTorch(parameter, values), Is.EqualTo(values));
        Assert.That(parameter.PyTorchShape, Has.Count.EqualTo(rank));
    }
}
