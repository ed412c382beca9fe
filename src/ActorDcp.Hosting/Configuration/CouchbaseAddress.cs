using System.Globalization;
using ActorDcp.Client;

namespace ActorDcp.Hosting.Configuration;

/// <summary>Where Couchbase is, as people write it: <c>couchbase://host[:port][,host[:port]]</c>, or <c>couchbases://</c> for TLS.</summary>
/// <param name="IsSecure">Whether the text itself asks for TLS.</param>
/// <param name="Hosts">Hosts in the order written; the port is null where none is.</param>
internal sealed record CouchbaseAddress(bool IsSecure, IReadOnlyList<(string Host, int? Port)> Hosts)
{
    private const string Plain = "couchbase://";
    private const string Secure = "couchbases://";
    private const string Mend = "is not a connection: write couchbase://host[:port][,host[:port]]";

    /// <summary>Null, or what is wrong and how to mend it.</summary>
    public static string? Check(string text) => TryParse(text, out _) ? null : Mend;

    /// <summary>For a text that was checked before.</summary>
    /// <exception cref="FormatException">It is no connection.</exception>
    public static CouchbaseAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"{text} {Mend}");

    public static bool TryParse(string text, out CouchbaseAddress address)
    {
        address = null!;
        var isSecure = text.StartsWith(Secure, StringComparison.OrdinalIgnoreCase);
        if (!isSecure && !text.StartsWith(Plain, StringComparison.OrdinalIgnoreCase))
            return false;
        var hosts = new List<(string, int?)>();
        foreach (var part in text[(isSecure ? Secure : Plain).Length..].TrimEnd('/').Split(','))
        {
            if (!TryParseHost(part.Trim(), out var host))
                return false;
            hosts.Add(host);
        }
        address = new CouchbaseAddress(isSecure, hosts);
        return true;
    }

    /// <summary>The nodes to try first, in order.</summary>
    public IReadOnlyList<KvEndpoint> Endpoints(bool tls) =>
        [.. Hosts.Select(host => new KvEndpoint(host.Host, host.Port ?? (tls ? KvEndpoint.DefaultTlsPort : KvEndpoint.DefaultPort)))];

    private static bool TryParseHost(string text, out (string Host, int? Port) host)
    {
        host = default;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || Uri.CheckHostName(text[1..end]) != UriHostNameType.IPv6)
                return false;
            host = (text[1..end], null);
            return end == text.Length - 1 || (text[end + 1] == ':' && TryParsePort(text[(end + 2)..], ref host));
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        host = (colon < 0 ? text : text[..colon], null);
        return Uri.CheckHostName(host.Host) is UriHostNameType.Dns or UriHostNameType.IPv4
            && (colon < 0 || TryParsePort(text[(colon + 1)..], ref host));
    }

    private static bool TryParsePort(string text, ref (string Host, int? Port) host)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65_535)
            return false;
        host.Port = port;
        return true;
    }
}
