using System.Text.Json.Nodes;

namespace IlgpuCxr;

/// <summary>Says in what two configurations differ.</summary>
internal static class JsonDifference
{
    /// <summary>
    /// Names the first value that differs, such as <c>options.epochs is 3 there and 5 now</c>; null where none does.
    /// </summary>
    /// <param name="there">What a file holds.</param>
    /// <param name="now">What is asked for.</param>
    /// <param name="ignored">The name of a value that may differ, wherever it stands.</param>
    public static string? First(JsonNode? there, JsonNode? now, string ignored) => First(there, now, ignored, "");

    private static string? First(JsonNode? there, JsonNode? now, string ignored, string name)
    {
        if (JsonNode.DeepEquals(there, now))
            return null;
        if (there is JsonObject before && now is JsonObject after)
        {
            return after.Select(property => property.Key).Union(before.Select(property => property.Key))
                .Where(key => key != ignored)
                .Select(key => First(before[key], after[key], ignored, name.Length == 0 ? key : $"{name}.{key}"))
                .FirstOrDefault(difference => difference is not null);
        }
        return $"{name} is {Text(there)} there and {Text(now)} now";
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "nothing";
}
