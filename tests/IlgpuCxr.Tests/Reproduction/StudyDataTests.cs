using IlgpuCxr.Data;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Reproduction;

public sealed class StudyDataTests
{
    [TestCase("")]
    [TestCase("Assignment 5 Dataset/")]
    [TestCase("part1/")]
    public void Part_1s_images_are_found_below_the_directory_that_is_given(string below)
    {
        using var folder = new DataFolder();
        foreach (string split in new[] { "train", "validation" })
        {
            foreach (string name in new[] { "infected", "normal" })
                folder.Write($"{below}{split}/{name}/0.png", []);
        }
        Assert.That(StudyData.Open(StudyPart.Part1, folder.Root).Images.Train, Has.Count.EqualTo(2));
    }

    [TestCase("")]
    [TestCase("A_05_Part_02_Dataset/")]
    [TestCase("part2/")]
    public void Part_2s_too(string below)
    {
        using DataFolder folder = StudyFolders.Part2(below);
        Assert.That(StudyData.Open(StudyPart.Part2, folder.Root).Images.Train, Has.Count.EqualTo(8));
    }
}
