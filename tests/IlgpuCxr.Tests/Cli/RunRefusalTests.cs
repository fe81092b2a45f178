using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Training;

namespace IlgpuCxr.Tests.Cli;

/// <summary>What <c>cxr train</c> does with a directory that holds a run.</summary>
public sealed class RunRefusalTests
{
    private CommandLine cxr;
    private DataFolder data;

    private string Run => cxr.PathOf("run");

    private string Last => Path.Combine(Run, "last.safetensors");

    [OneTimeSetUp]
    public void Train()
    {
        cxr = new CommandLine();
        data = DataFolder.Complete();
        CommandResult trained = cxr.Run(Arguments());
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        data.Dispose();
        cxr.Dispose();
    }

    [Test]
    public void A_run_is_not_overwritten()
    {
        string before = Digest.OfFile(Last);
        cxr.Run(Arguments()).AssertRefused(
            2, "holds a run already; go on with it by --resume, or choose another --out");
        Assert.That(Digest.OfFile(Last), Is.EqualTo(before));
    }

    [Test]
    public void A_run_whose_last_checkpoint_is_gone_is_not_overwritten()
    {
        const string Refusal = "holds a run already, whose 'last' is gone; bring it back, or begin anew: ";
        string best = Path.Combine(Run, "best.safetensors"), report = Path.Combine(Run, "report.md");
        string away = cxr.PathOf("away"), reportAway = cxr.PathOf("report away"), before = Digest.OfFile(best);
        File.Move(Last, away);
        cxr.Run(Arguments()).AssertRefused(2, Refusal);
        cxr.Run(Arguments("--resume")).AssertRefused(2, Refusal);
        File.Move(report, reportAway);
        cxr.Run(Arguments()).AssertRefused(2, Refusal);
        Assert.That(Digest.OfFile(best), Is.EqualTo(before));
        File.Move(reportAway, report);
        File.Move(away, Last);
    }

    [Test]
    public void A_run_whose_last_checkpoint_is_damaged_can_only_begin_anew_elsewhere()
    {
        string damaged = Directory.CreateDirectory(cxr.PathOf("damaged")).FullName;
        byte[] whole = File.ReadAllBytes(Last);
        File.WriteAllBytes(Path.Combine(damaged, "last.safetensors"), whole[..(whole.Length / 2)]);
        cxr.Run(Arguments("--resume", "--out", damaged)).AssertRefused(
            1, "check that file or bring a copy of it back, or begin anew in another --out.");
    }

    [Test]
    public void A_run_goes_on_with_its_own_images_and_options_only()
    {
        string before = Digest.OfFile(Last);
        using DataFolder others = DataFolder.Complete(4);
        cxr.Run(Arguments(others, "--epochs", "2", "--resume")).AssertRefused(2, "data.train is 6 there and 8 now");
        cxr.Run(
            Arguments("--epochs", "2", "--resume", "--seed", "9")).AssertRefused(2,
            "options.seed is 1 there and 9 now");
        Assert.That(Digest.OfFile(Last), Is.EqualTo(before));
    }

    [Test]
    public void A_run_that_is_done_says_so()
    {
        string before = Digest.OfFile(Last), report = Path.Combine(Run, "report.md");
        string log = File.ReadAllText(Path.Combine(Run, "log.csv"));
        string reported = File.ReadAllText(report);
        File.Delete(report);
        CommandResult resumed = cxr.Run(Arguments("--resume"));
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(
            resumed.Output,
            Does.Contain("has 1 epoch already: nothing is left to train, unless --epochs asks for more"));
        Assert.That(Digest.OfFile(Last), Is.EqualTo(before));
        Assert.That(
            (File.ReadAllText(report), File.ReadAllText(Path.Combine(Run, "log.csv"))), Is.EqualTo((reported, log)));
    }

    [Test]
    public void Two_processes_do_not_train_into_one_directory()
    {
        using (new FileStream(Path.Combine(Run, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            cxr.Run(Arguments("--epochs", "2", "--resume")).AssertRefused(2, "Another process is training into");
    }

    [Test]
    public void A_checkpoint_is_named_as_everywhere_or_told_to_be_another_networks()
    {
        CommandResult trained = cxr.Run(
            Arguments("--weights", Path.Combine(Run, "best"), "--out", cxr.PathOf("from best")));
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        cxr.Run(Arguments("--weights", Path.Combine(Run, "best"), "--out", cxr.PathOf("vgg"), "--net", "vgg16"))
            .AssertRefused(1, "these look like resnet18's weights; use --net resnet18");
        cxr.Run(Arguments("--weights", Path.Combine(Run, "best"), "--out", cxr.PathOf("one layer"), "--hidden", "0"))
            .AssertRefused(1, "use the --hidden and as many classes as they were trained with");
    }

    [Test]
    public void Images_of_several_labels_name_their_task()
    {
        using DataFolder part2 = DataFolder.CompletePart2();
        cxr.Run(Arguments(part2, "--out", cxr.PathOf("part 2"))).AssertRefused(1, "--task multilabel");
        cxr.Run(
            "evaluate", "--checkpoint", Path.Combine(Run, "best"), "--data", part2.Root, "--device",
            "cpu").AssertRefused(1, "is binary (infected, normal)");
    }

    private string[] Arguments(params string[] more) => Arguments(data, more);

    private string[] Arguments(DataFolder images, params string[] more)
    {
        string[] epochs = more.Contains("--epochs") ? [] : ["--epochs", "1"];
        string[] directory = more.Contains("--out") ? [] : ["--out", Run];
        return [
            "train", "--data", images.Root, "--size", "32", "--batch", "4", "--device", "cpu", "--threads", "1",
            .. epochs, .. directory, .. more];
    }
}
