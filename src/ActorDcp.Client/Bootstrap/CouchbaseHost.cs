using System.Globalization;

namespace ActorDcp.Client;

/// <summary>One host of a <see cref="CouchbaseAddress"/>.</summary>
/// <param name="Name">Name or IP literal, without brackets.</param>
/// <param name="Port">The port; null where none is written.</param>
/// <param name="Service">What listens there; null where it is not written, which means the data service except on the usual management ports.</param>
public sealed record CouchbaseHost(string Name, int? Port, CouchbaseService? Service)
{
    /// <summary>Port of the management service without TLS.</summary>
    public const int DefaultManagementPort = 8091;

    /// <summary>Port of the management service with TLS.</summary>
    public const int DefaultManagementTlsPort = 18091;

    /// <summary>As it is written.</summary>
    public override string ToString()
    {
        var name = Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;
        var service = Service switch
        {
            CouchbaseService.Data => "=mcd",
            CouchbaseService.Management => "=http",
            _ => "",
        };
        return Port is null ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{Port}{service}");
    }

    internal static bool TryParse(string text, out CouchbaseHost host, out string? mend)
    {
        host = null!;
        mend = null;
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        var place = end <= 0 ? text : text[..end];
        var name = place is ['[', .. var literal, ']'] ? literal : place;
        var kind = Uri.CheckHostName(name);
        if (place.StartsWith('[') ? kind != UriHostNameType.IPv6 : kind is not (UriHostNameType.Dns or UriHostNameType.IPv4))
            mend = text.Length == 0
                ? "names no host: write couchbase://host[:port][,host[:port]]"
                : $"has \"{text}\" for a host: write a name, an IPv4 address or an IPv6 address in brackets";
        else if (end <= 0 || end == text.Length)
            host = new CouchbaseHost(name, null, null);
        else if (text[end] == ':')
            return TryParsePort(name, text[(end + 1)..], out host, out mend);
        else
            mend = $"has \"{text}\" for a host: write [address]:port";
        return mend is null;
    }

    internal void AddSeeds(bool tls, List<BootstrapSeed> data, List<BootstrapSeed> management)
    {
        var dataPort = tls ? KvEndpoint.DefaultTlsPort : KvEndpoint.DefaultPort;
        var isManagement = Service == CouchbaseService.Management || (Service is null && Port is DefaultManagementPort or DefaultManagementTlsPort);
        if (isManagement)
            management.Add(new BootstrapSeed(new KvEndpoint(Name, Port!.Value), CouchbaseService.Management));
        else
            data.Add(new BootstrapSeed(new KvEndpoint(Name, Port ?? dataPort), CouchbaseService.Data));
        // over HTTP the password goes as it is: without TLS only to where somebody wrote so. Other ports are somebody's own
        // arrangement, of which the usual management port is no part
        if (tls && !isManagement && (Port is null || Port == dataPort))
            management.Add(new BootstrapSeed(new KvEndpoint(Name, DefaultManagementTlsPort), CouchbaseService.Management));
    }

    private static bool TryParsePort(string name, string text, out CouchbaseHost host, out string? mend)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        CouchbaseService? service = equals < 0 ? null : text[(equals + 1)..] switch
        {
            "mcd" => CouchbaseService.Data,
            "http" => CouchbaseService.Management,
            _ => (CouchbaseService)(-1),
        };
        host = null!;
        mend = !int.TryParse(equals < 0 ? text : text[..equals], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > ushort.MaxValue
            ? $"has \"{text}\" for the port of {name}: write a number from 1 to 65535"
            : service is (CouchbaseService)(-1)
                ? $"has \"{text}\" for the port of {name}: write {port}=mcd for the data service, {port}=http for the management service"
                : null;
        if (mend is null)
            host = new CouchbaseHost(name, port, service);
        return mend is null;
    }
}
