using System.CommandLine;
using IlgpuCxr.Cli;

namespace IlgpuCxr.Tests.Cli;

public sealed class OptionKindsTests
{
    private static readonly Option<int[]> Batches = OptionKinds.Numbers("--batch", "", 32);

    private static readonly Option<float> Rate = OptionKinds.Number<float>("--lr", "");

    private static readonly Option<string[]> Networks = OptionKinds.Words(
        "--net", "", "network", ["resnet18", "vgg16"], "resnet18");

    [TestCase("", new[] { 32 }, new[] { "resnet18" })]
    [TestCase("--batch 16,8 --net vgg16", new[] { 16, 8 }, new[] { "vgg16" })]
    [TestCase("--batch 16 --net resnet18 --batch 8,4 --net vgg16", new[] { 16, 8, 4 }, new[] { "resnet18", "vgg16" })]
    public void Lists_are_separated_by_commas_or_given_one_after_the_other(
        string arguments, int[] batches, string[] networks)
    {
        ParseResult parsed = new RootCommand { Batches, Networks }.Parse(arguments);
        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.GetValue(Batches), Is.EqualTo(batches));
        Assert.That(parsed.GetValue(Networks), Is.EqualTo(networks));
    }

    [TestCase("--batch 16 --batch many", "--batch 'many' is not a whole number")]
    [TestCase("--net vgg16 --net foo", "--net 'foo' is not known, use resnet18 or vgg16")]
    public void Each_of_a_list_must_be_valid(string arguments, string expected) =>
        Assert.That(new RootCommand { Batches, Networks }.Parse(arguments).Errors[0].Message, Does.StartWith(expected));

    [TestCase("--batch 3000000000", "--batch '3000000000' is not a whole number up to 2147483647")]
    [TestCase("--batch -3000000000", "--batch '-3000000000' is not a whole number down to -2147483648")]
    [TestCase("--batch 1.5", "--batch '1.5' is not a whole number up to 2147483647")]
    [TestCase("--lr Infinity", "--lr 'Infinity' is not a number up to 3.4028235E+38")]
    [TestCase("--lr 1e39", "--lr '1e39' is not a number up to 3.4028235E+38")]
    [TestCase("--lr -1e39", "--lr '-1e39' is not a number down to -3.4028235E+38")]
    [TestCase("--lr nan", "--lr 'nan' is not a number up to 3.4028235E+38")]
    public void A_number_that_does_not_fit_is_told_the_range(string arguments, string expected) =>
        Assert.That(
            new RootCommand { Batches, Rate }.Parse(arguments).Errors.Select(error => error.Message),
            Is.EqualTo(new[] { expected }));
}
