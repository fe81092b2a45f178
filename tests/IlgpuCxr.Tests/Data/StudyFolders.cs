namespace IlgpuCxr.Tests.Data;

/// <summary>A few images in the study's layouts.</summary>
internal static class StudyFolders
{
    /// <summary>
    /// Part 2: two COVID-19 images and three of each other class to learn from, fewer to validate, three unlabelled
    /// ones.
    /// </summary>
    /// <param name="below">Where in the folder.</param>
    public static DataFolder Part2(string below = "")
    {
        var folder = new DataFolder();
        int seed = 0;
        foreach ((string place, int images) in new[]
        {
            ("Train/covid-19", 2), ("Train/normal", 3), ("Train/pneumonia", 3), ("Validation/covid", 1),
            ("Validation/normal", 2), ("Validation/pneumonia", 1), ("Test", 3),
        })
        {
            for (int i = 0; i < images; i++)
                folder.WriteImage($"{below}{place}/{i}.png", 24 + i, 20 + i, seed += 5);
        }
        return folder;
    }
}
