using System.Globalization;

namespace ActorDcp.Hosting.Configuration;

/// <summary>The shape of a connection text, so that a mistake in it is found before anything starts.</summary>
internal static class CouchbaseAddress
{
    private const string Mend = "is not a connection: write couchbase://host[:port][,host[:port]]";

    /// <summary>Null, or what is wrong.</summary>
    public static string? Check(string text)
    {
        var rest = text.StartsWith("couchbase://", StringComparison.OrdinalIgnoreCase) ? text["couchbase://".Length..]
            : text.StartsWith("couchbases://", StringComparison.OrdinalIgnoreCase) ? text["couchbases://".Length..]
            : null;
        if (string.IsNullOrWhiteSpace(rest))
            return Mend;
        foreach (var host in rest.Split(','))
            if (!IsHost(host.Trim()))
                return Mend;
        return null;
    }

    private static bool IsHost(string text)
    {
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            return end > 0 && Uri.CheckHostName(text[1..end]) == UriHostNameType.IPv6 && (end == text.Length - 1 || (text[end + 1] == ':' && IsPort(text[(end + 2)..])));
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? IsName(text) : IsName(text[..colon]) && IsPort(text[(colon + 1)..]);
    }

    private static bool IsName(string text) => Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4;

    private static bool IsPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535;
}
