using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace IlgpuCxr.Cli;

/// <summary>Options and arguments whose wrong values are told in one sentence that names what would be right.</summary>
internal static class OptionKinds
{
    /// <summary>An option that takes a number.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    public static Option<T> Number<T>(string name, string description, T? byDefault = null)
        where T : struct, INumberBase<T>, IMinMaxValue<T>
    {
        var option = new Option<T>(name)
        {
            Description = description,
            CustomParser = result => ParseNumber<T>(name, result, result.Tokens[0].Value),
        };
        if (byDefault is { } value)
            option.DefaultValueFactory = _ => value;
        return option;
    }

    /// <summary>An option that takes whole numbers, separated by commas.</summary>
    public static Option<int[]> Numbers(string name, string description, params int[] byDefault) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => [.. Parts(result).Select(part => ParseNumber<int>(name, result, part))],
    };

    /// <summary>An option that takes some of a few words, separated by commas.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it decides.</param>
    /// <param name="helpName">What stands for its value in the help.</param>
    /// <param name="words">The words.</param>
    /// <param name="byDefault">Those that it has where it is not given; none where the description tells.</param>
    public static Option<string[]> Words(
        string name, string description, string helpName, string[] words, params string[] byDefault)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                string[] parts = Parts(result);
                Check(result, name, parts, words);
                return parts;
            },
        };
        // The help would print an empty default.
        if (byDefault.Length > 0)
            option.DefaultValueFactory = _ => byDefault;
        return option;
    }

    /// <summary>
    /// An option that takes one of the words by which an enum's members are called in files, by default the first.
    /// </summary>
    /// <remarks>The help would print the default by its name in the code, so the description tells it.</remarks>
    /// <typeparam name="T">The enum.</typeparam>
    public static Option<T> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        Dictionary<string, T> members = Enum.GetValues<T>().ToDictionary(
            member => JsonSerializer.Serialize(member).Trim('"'));
        return new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', members.Keys),
            CustomParser = result =>
            {
                Check(result, name, Given(result), [.. members.Keys]);
                return members.GetValueOrDefault(result.Tokens[0].Value);
            },
        };
    }

    /// <summary>Lets an option take only some values.</summary>
    public static Option<string> OneOf(this Option<string> option, params IReadOnlyList<string> values)
    {
        option.HelpName = string.Join('|', values);
        option.Validators.Add(result => Check(result, option.Name, Given(result), values));
        return option;
    }

    /// <summary>Lets an argument take only some values.</summary>
    public static Argument<string> OneOf(this Argument<string> argument, params IReadOnlyList<string> values)
    {
        argument.Validators.Add(result => Check(result, argument.Name, Given(result), values));
        return argument;
    }

    private static T ParseNumber<T>(string name, ArgumentResult result, string token)
        where T : struct, INumberBase<T>, IMinMaxValue<T>
    {
        // What is too large for a float is parsed, as infinity.
        if (!T.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out T number) || !T.IsFinite(number))
        {
            string kind = typeof(T) == typeof(float) ? "number" : "whole number";
            string end = token.StartsWith('-') ? $"down to {T.MinValue}" : $"up to {T.MaxValue}";
            result.AddError($"{name} '{token}' is not a {kind} {end}");
        }
        return number;
    }

    // An option may also stand several times.
    private static string[] Parts(ArgumentResult result) =>
        [.. Given(result).SelectMany(list => list.Split(',', StringSplitOptions.TrimEntries))];

    private static IEnumerable<string> Given(SymbolResult result) => result.Tokens.Select(token => token.Value);

    private static void Check(SymbolResult result, string name, IEnumerable<string> given, IReadOnlyList<string> values)
    {
        foreach (string word in given.Where(word => !values.Contains(word)))
            result.AddError($"{name} '{word}' is not known, use {string.Join(" or ", values)}");
    }
}
