using IlgpuCxr.Metrics;

namespace IlgpuCxr.Study;

/// <summary>The study's tables and confusion matrices, as published.</summary>
/// <remarks>
/// From the README and the figures of <see href="https://github.com/abdulbasit0369/COVID19_DeepLeaarning">the study's
/// repository</see> (2020). One number of its tables does not agree with its own figures and stands as printed: the
/// training accuracy of Part 1's row 8 (90.81; its matrix and its curve say 91.81). What the study's notebook prints of
/// Part 2's row 3 (0.91 on the validation images) is of another checkpoint than its table and its matrices, which agree
/// with one another, and does not stand here.
/// </remarks>
internal static class PublishedTables
{
    /// <summary>The row whose training accuracy does not agree with the study's figures.</summary>
    public const string MisprintedRow = "8";

    /// <summary>Part 1, by row from 1.</summary>
    public static PublishedResult Part1(int row) => row switch
    {
        1 => new(
            18, [88.83, 87.93, 93.93], [.91, .90, .95],
            Matrices([4168, 751, 590, 6491], [509, 106, 75, 810], [548, 67, 24, 861])),
        2 =>
            new(
                23, [85.81, 84.53, 90.87], [.88, .87, .92],
                Matrices([3988, 931, 772, 6309], [507, 108, 124, 761], [550, 65, 72, 813])),
        3 => new(23, [91.84, 91.40, 96.27], [.93, .93, .97], null),
        4 => new(13, [90.83, 91.07, 96.53], [.92, .92, .97], null),
        5 =>
            new(
                24, [93.05, 91.27, 96.87], [.94, .93, .97],
                Matrices([4318, 601, 233, 6848], [531, 84, 47, 838], [577, 38, 9, 876])),
        6 => new(22, [90.07, 88.67, 94.73], [.92, .90, .96], null),
        7 => new(16, [91.21, 90.33, 95.60], [.93, .92, .96], null),
        8 =>
            new(
                20, [90.81, 90.53, 96.33], [.93, .92, .97],
                Matrices([4293, 626, 357, 6724], [534, 81, 61, 824], [573, 42, 13, 872])),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "Part 1 has the rows 1 to 8."),
    };

    /// <summary>Part 2, by row from 1.</summary>
    public static PublishedResult Part2(int row) => row switch
    {
        1 => new(21, [91, 92], [.91, .93], Matrices(
            [5988, 12, 145, 55, 3829, 171, 333, 1867, 1866, 334, 176, 3824],
            [598, 2, 25, 3, 392, 8, 33, 195, 194, 34, 8, 392])),
        2 => new(23, [89, 90], [.89, .90], Matrices(
            [6000, 0, 197, 3, 3796, 204, 384, 1816, 1807, 393, 190, 3810],
            [600, 0, 28, 0, 379, 21, 34, 194, 191, 37, 17, 383])),
        3 => new(19, [88, 93], [.88, .94], Matrices(
            [5987, 13, 89, 111, 3936, 64, 375, 1825, 2044, 156, 353, 3647],
            [597, 3, 12, 16, 397, 3, 30, 198, 213, 15, 9, 391])),
        4 => new(24, [89, 93], [.89, .93], Matrices(
            [5990, 10, 66, 134, 3958, 42, 486, 1714, 1981, 219, 197, 3803],
            [598, 2, 7, 21, 394, 6, 29, 199, 208, 20, 16, 384])),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "Part 2 has the rows 1 to 4."),
    };

    private static IReadOnlyList<ConfusionMatrix>[] Matrices(params ReadOnlySpan<long[]> splits)
    {
        var matrices = new IReadOnlyList<ConfusionMatrix>[splits.Length];
        for (int i = 0; i < splits.Length; i++)
            matrices[i] = [.. splits[i].Chunk(4).Select(m => PublishedResult.Matrix(m[0], m[1], m[2], m[3]))];
        return matrices;
    }
}
