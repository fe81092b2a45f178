using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.SelfTest;

/// <summary>Whole training steps, twice.</summary>
internal static class StepChecks
{
    /// <summary>
    /// The number of parameters of ResNet18 that differ between two runs of the same three steps, which one of them may
    /// record and launch as one.
    /// </summary>
    public static double RepeatedSteps(ComputeDevice device)
    {
        float[] first = ThreeSteps(device, oneByOne: false), second = ThreeSteps(device, oneByOne: true);
        return first.Zip(second).Count(pair =>
            BitConverter.SingleToInt32Bits(pair.First) != BitConverter.SingleToInt32Bits(pair.Second)
            || float.IsNaN(pair.First));
    }

    private static float[] ThreeSteps(ComputeDevice device, bool oneByOne)
    {
        var shape = new TensorShape(4, 64, 64, 3);
        using var network = new Network(device, ResNet18.Architecture, NetworkHead.Part1);
        network.Initialize(1);
        using var optimizer = new Optimizer(
            device, network, new OptimizerOptions { LearningRate = 0.01f, Momentum = 0.9f });
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        using var memory = new DeviceMemory(device);
        ArrayView<float> images = memory.Vector(CheckValues.Uniform(shape.Count, 1)), loss = memory.Vector(1);
        using DeviceBuffer<int> targets = device.Allocate<int>(shape.N);
        device.Upload<int>(targets.View, [0, 1, 0, 1]);
        // What is timed launch by launch is not recorded.
        device.Timings.Enabled = oneByOne;
        try
        {
            for (int i = 0; i < 3; i++)
                step.Train(
                    shape, tensor => device.Copy(tensor.View, images), new BatchTargets(targets.View, default), loss);
        }
        finally
        {
            device.Timings.Enabled = false;
            device.Timings.Clear();
        }
        return device.Download(network.Store.Values);
    }
}
