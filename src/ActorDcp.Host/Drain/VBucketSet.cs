using System.Globalization;

namespace ActorDcp.Host.Drain;

/// <summary>VBuckets as people write them: <c>0-63,70</c>.</summary>
internal static class VBucketSet
{
    /// <returns>False when the text is no such list. Ascending, without repetition.</returns>
    public static bool TryParse(string text, out IReadOnlyList<VBucketId> vbuckets)
    {
        vbuckets = [];
        var numbers = new SortedSet<ushort>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var first = dash < 0 ? part : part[..dash];
            var last = dash < 0 ? part : part[(dash + 1)..];
            if (!TryParseNumber(first, out var from) || !TryParseNumber(last, out var to) || from > to)
                return false;
            for (int number = from; number <= to; number++)
                numbers.Add((ushort)number);
        }
        vbuckets = [.. numbers.Select(number => new VBucketId(number))];
        return true;
    }

    /// <summary>Ascending vbuckets as people write them.</summary>
    public static string Format(IReadOnlyList<VBucketId> vbuckets)
    {
        var parts = new List<string>();
        for (var i = 0; i < vbuckets.Count; i++)
        {
            var first = i;
            while (i + 1 < vbuckets.Count && vbuckets[i + 1].Value == vbuckets[i].Value + 1)
                i++;
            parts.Add(first == i ? $"{vbuckets[i]}" : $"{vbuckets[first]}-{vbuckets[i]}");
        }
        return string.Join(',', parts);
    }

    private static bool TryParseNumber(string text, out ushort number) =>
        ushort.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
