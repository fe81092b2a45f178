using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class ArenaTests
{
    private ComputeDevice device;

    [SetUp]
    public void Open() => device = DeviceCatalog.Open("cpu");

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void A_size_that_no_index_counts_is_told_with_the_remedy()
    {
        Assert.That(
            () => device.Plan(() => TaskCounter.Rent(device, int.MaxValue).Release()),
            Throws.TypeOf<DeviceException>().With.Message.Contains("use a smaller batch or smaller images"));
        Assert.That(() => device.Plan(TwoOverlappingTensors), Throws.Nothing);
    }

    [Test]
    public void An_overflow_of_the_callers_own_is_passed_on()
    {
        int most = int.MaxValue;
        Assert.That(
            () => device.Run(() => device.Arena.Rent(TensorShape.Vector(checked(most + 1)))),
            Throws.TypeOf<OverflowException>());
    }

    [Test]
    public void A_planned_step_fits_exactly()
    {
        device.Plan(TwoOverlappingTensors);
        Assert.That(device.Arena.Bytes, Is.EqualTo((1024 + 512) * sizeof(float)));
        Assert.DoesNotThrow(TwoOverlappingTensors);
    }

    [Test]
    public void After_a_step_that_does_not_fit_a_smaller_one_does()
    {
        device.Plan(TwoOverlappingTensors);
        Assert.Throws<OutOfMemoryException>(() => device.Plan(MoreThanAnAddressSpace));
        Assert.That(device.Arena.Bytes, Is.Zero);
        Assert.That(TwoOverlappingTensors, Throws.InvalidOperationException.With.Message.Contains("plan the step"));
        device.Plan(TwoOverlappingTensors);
        Assert.DoesNotThrow(TwoOverlappingTensors);
    }

    // 2¹⁵ tensors of 2³² bytes each.
    private void MoreThanAnAddressSpace()
    {
        Tensor[] tensors =
            [.. Enumerable.Range(0, 1 << 15).Select(_ => device.Arena.Rent(TensorShape.Vector(1 << 30)))];
        foreach (Tensor tensor in tensors.Reverse())
            tensor.Release();
    }

    [Test]
    public void More_elements_than_a_kernel_counts_are_refused() =>
        Assert.That(
            () => device.Plan(() => device.Arena.Rent(new TensorShape(669, 224, 224, 64))),
            Throws.TypeOf<DeviceException>().With.Message.Contains("2³¹ - 1024; use smaller batches"));

    [Test]
    public void A_plan_that_throws_leaves_nothing_rented()
    {
        Assert.Throws<NotSupportedException>(() => device.Plan(() =>
        {
            device.Arena.Rent(TensorShape.Vector(64)).Retain();
            device.Arena.Rent(TensorShape.Vector(1 << 20)).Release();
            throw new NotSupportedException();
        }));
        device.Plan(TwoOverlappingTensors);
        Assert.DoesNotThrow(TwoOverlappingTensors);
        Assert.That(device.Arena.Bytes, Is.LessThan(1 << 20), "What the first plan needed is forgotten.");
    }

    [Test]
    public void A_tensor_of_a_step_that_threw_may_be_released_and_takes_nobodys_place()
    {
        device.Plan(TwoOverlappingTensors);
        Tensor held = null!;
        Assert.Throws<NotSupportedException>(() => device.Run(() =>
        {
            held = device.Arena.Rent(TensorShape.Vector(64));
            throw new NotSupportedException();
        }));
        held.Retain();
        held.Release();
        held.Release();
        device.Run(() =>
        {
            Tensor first = device.Arena.Rent(TensorShape.Vector(64));
            Tensor second = device.Arena.Rent(TensorShape.Vector(64));
            Assert.That(second.Offset, Is.Not.EqualTo(first.Offset));
            held.Release();
            Assert.That(device.Arena.Rent(TensorShape.Vector(64)).Offset, Is.Not.EqualTo(first.Offset));
        });
    }

    [Test]
    public void A_plan_that_leaves_a_tensor_rented_says_so_and_the_next_can_run()
    {
        Assert.That(
            () => device.Plan(() => device.Arena.Rent(TensorShape.Vector(64))),
            Throws.InvalidOperationException.With.Message.StartsWith("The step leaves tensors rented"));
        device.Plan(TwoOverlappingTensors);
        Tensor beside = device.Arena.Rent(TensorShape.Vector(64));
        Assert.That(
            () => device.Plan(TwoOverlappingTensors),
            Throws.InvalidOperationException.With.Message.StartsWith("A step cannot be planned while"));
        beside.Release();
        Assert.That(() => device.Plan(TwoOverlappingTensors), Throws.Nothing);
    }

    [Test]
    public void A_buffer_may_be_disposed_twice_and_is_not_seen_afterwards()
    {
        DeviceBuffer<float> buffer = device.Allocate<float>(64);
        buffer.Dispose();
        Assert.DoesNotThrow(buffer.Dispose);
        Assert.That(() => buffer.View, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_tensor_is_as_long_as_its_shape_and_released_no_more_often_than_it_is_held()
    {
        using DeviceBuffer<float> buffer = device.Allocate<float>(64);
        Assert.That(
            () => new Tensor(TensorShape.Vector(65), buffer.View),
            Throws.ArgumentException.With.Message.Contains("65 floats, not 64"));
        device.Plan(() =>
        {
            Tensor tensor = device.Arena.Rent(TensorShape.Vector(64));
            tensor.Release();
            Assert.That(tensor.Release, Throws.InvalidOperationException.With.Message.Contains("a second time"));
        });
    }

    [Test]
    public void A_tensor_begins_where_kernels_may_read_four_floats_at_once()
    {
        using DeviceBuffer<float> buffer = device.Allocate<float>(64);
        Assert.That(
            () => new Tensor(TensorShape.Vector(4), buffer.View.SubView(1, 4)),
            Throws.ArgumentException.With.Message.Contains("begin at a multiple of 16 bytes"));
        Assert.That(() => new Tensor(TensorShape.Vector(5), buffer.View.SubView(4, 5)), Throws.Nothing);
    }

    [Test]
    public void A_tensor_without_elements_leaves_the_others_alone()
    {
        device.Plan(() =>
        {
            Tensor first = device.Arena.Rent(TensorShape.Vector(64));
            Tensor second = device.Arena.Rent(TensorShape.Vector(64));
            first.Release();
            Tensor none = device.Arena.Rent(TensorShape.Vector(0)), third = device.Arena.Rent(TensorShape.Vector(64));
            Assert.That(third.Offset, Is.Not.EqualTo(second.Offset).And.Not.EqualTo(none.Offset));
            none.Release();
            second.Release();
            third.Release();
        });
    }

    [Test]
    public void Memory_that_was_returned_is_used_again()
    {
        device.Plan(() =>
        {
            for (int i = 0; i < 100; i++)
                device.Arena.Rent(TensorShape.Vector(1024)).Release();
        });
        Assert.That(device.Arena.Bytes, Is.EqualTo(1024 * sizeof(float)));
    }

    [Test]
    public void Neighbours_that_were_returned_become_one_in_any_order([Values(0, 1, 2, 3, 4, 5)] int order)
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        device.Plan(() =>
        {
            Tensor[] three = [.. Enumerable.Range(0, 3).Select(_ => device.Arena.Rent(TensorShape.Vector(64)))];
            Tensor last = device.Arena.Rent(TensorShape.Vector(64));
            foreach (int i in orders[order])
                three[i].Release();
            device.Arena.Rent(TensorShape.Vector(192)).Release();
            last.Release();
        });
        Assert.That(
            device.Arena.Bytes, Is.EqualTo(256 * sizeof(float)), "192 floats should have gone where 3 x 64 were");
    }

    [Test]
    public void A_retained_tensor_keeps_its_memory_until_its_last_release()
    {
        device.Plan(() =>
        {
            Tensor kept = device.Arena.Rent(TensorShape.Vector(64));
            kept.Retain();
            kept.Release();
            Tensor other = device.Arena.Rent(TensorShape.Vector(64));
            kept.Release();
            other.Release();
        });
        Assert.That(device.Arena.Bytes, Is.EqualTo(128 * sizeof(float)));
    }

    [Test]
    public void Renting_more_than_was_planned_is_refused()
    {
        device.Plan(TwoOverlappingTensors);
        Assert.That(
            () => device.Arena.Rent(TensorShape.Vector(4096)),
            Throws.InvalidOperationException.With.Message.Contains("plan the step"));
    }

    [Test]
    public void A_larger_plan_makes_the_arena_grow_and_a_smaller_one_leaves_it()
    {
        device.Plan(TwoOverlappingTensors);
        device.Plan(() => device.Arena.Rent(TensorShape.Vector(10_048)).Release());
        device.Plan(() => device.Arena.Rent(TensorShape.Vector(64)).Release());
        Assert.That(device.Arena.Bytes, Is.EqualTo(10_048 * sizeof(float)));
    }

    [Test]
    public void Nothing_is_launched_while_planning()
    {
        bool launched = false;
        device.Plan(() => device.Launch((index, flag) => launched = true, 1, 0));
        Assert.That(launched, Is.False);
    }

    [Test]
    public void A_tensor_that_is_downloaded_while_planning_is_zeros()
    {
        float[]? planned = null;
        device.Plan(() =>
        {
            Tensor tensor = device.Arena.Rent(TensorShape.Matrix(2, 3));
            planned = device.Download(tensor);
            tensor.Release();
        });
        Assert.That(planned, Is.EqualTo(new float[6]));
    }

    private void TwoOverlappingTensors()
    {
        Tensor first = device.Arena.Rent(TensorShape.Vector(1000));
        Tensor second = device.Arena.Rent(new TensorShape(2, 4, 8, 8));
        first.Release();
        second.Release();
    }
}
