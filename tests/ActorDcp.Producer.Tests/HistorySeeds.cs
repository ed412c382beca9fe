using System.Globalization;

namespace ActorDcp.Producer.Tests;

/// <summary>Which random histories are wanted by command, and how long.</summary>
internal static class HistorySeeds
{
    /// <summary><c>ACTORDCP_HISTORY_SEEDS</c>: one, or the first and last with a dash; null when it is not set.</summary>
    public static IEnumerable<int>? Chosen
    {
        get
        {
            if (Environment.GetEnvironmentVariable("ACTORDCP_HISTORY_SEEDS") is not { } text)
                return null;
            var words = text.Split('-').Select(word => int.Parse(word, CultureInfo.InvariantCulture)).ToArray();
            return Enumerable.Range(words[0], words[^1] - words[0] + 1);
        }
    }

    /// <summary><c>ACTORDCP_HISTORY_STEPS</c>; null when it is not set.</summary>
    public static int? Steps =>
        Environment.GetEnvironmentVariable("ACTORDCP_HISTORY_STEPS") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
