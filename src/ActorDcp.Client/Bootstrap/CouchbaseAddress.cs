namespace ActorDcp.Client;

/// <summary>
/// Where Couchbase is, as people write it: <c>couchbase://host[:port[=mcd|=http]][,host...][?option=value&amp;...]</c>, or
/// <c>couchbases://</c> for TLS (dcp-reference.md 2.8). Immutable.
/// </summary>
public sealed class CouchbaseAddress
{
    private const string Plain = "couchbase://";
    private const string Secure = "couchbases://";
    private const string Form = "write couchbase://host[:port][,host[:port]]";

    private CouchbaseAddress(bool isSecure, IReadOnlyList<CouchbaseHost> hosts)
    {
        IsSecure = isSecure;
        Hosts = hosts;
    }

    /// <summary>Whether the text itself asks for TLS.</summary>
    public bool IsSecure { get; }

    /// <summary>Hosts in the order written; at least one.</summary>
    public IReadOnlyList<CouchbaseHost> Hosts { get; }

    /// <summary>
    /// Option <c>network</c>: <c>auto</c> (the default), <c>default</c>, <c>external</c> or the name of another set of alternate
    /// addresses (dcp-reference.md 2.5).
    /// </summary>
    public string Network { get; private init; } = Protocol.ClusterMaps.ClusterMap.AutoNetwork;

    /// <summary>Option <c>enable_dns_srv</c>, default true: whether a single host without a port is looked up as a service first.</summary>
    public bool AllowsServiceLookup { get; private init; } = true;

    /// <summary>Null, or what is wrong with a text and how to mend it.</summary>
    public static string? Check(string text) => TryParse(text, out _, out var mend) ? null : mend;

    /// <summary>For a text that was checked before.</summary>
    /// <exception cref="FormatException">It is no connection.</exception>
    public static CouchbaseAddress Parse(string text) =>
        TryParse(text, out var address, out var mend) ? address : throw new FormatException($"{text} {mend}");

    /// <summary>Reads a text.</summary>
    /// <param name="text">What somebody wrote.</param>
    /// <param name="address">What it says.</param>
    /// <param name="mend">When it says nothing usable: what is wrong and how to mend it, to follow the text.</param>
    public static bool TryParse(string text, out CouchbaseAddress address, out string? mend)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = null!;
        var isSecure = text.StartsWith(Secure, StringComparison.OrdinalIgnoreCase);
        if (!isSecure && !text.StartsWith(Plain, StringComparison.OrdinalIgnoreCase))
        {
            mend = $"is not a connection: {Form}";
            return false;
        }
        var (places, options) = Split(text[(isSecure ? Secure : Plain).Length..]);
        if (places.Contains('/', StringComparison.Ordinal))
        {
            mend = "names a path, where the bucket is an option of its own: write it without what follows the hosts";
            return false;
        }
        var hosts = new List<CouchbaseHost>();
        foreach (var part in places.Split(','))
        {
            if (!CouchbaseHost.TryParse(part.Trim(), out var host, out mend))
                return false;
            hosts.Add(host);
        }
        return TryRead(new CouchbaseAddress(isSecure, hosts), options, out address, out mend);
    }

    /// <summary>
    /// Where a cluster map can be asked for, in order: data services first, then management services, which know the map when the
    /// others do not.
    /// </summary>
    /// <param name="tls">Whether TLS is spoken; decides which ports are meant where none are written.</param>
    public IReadOnlyList<BootstrapSeed> Seeds(bool tls)
    {
        var data = new List<BootstrapSeed>();
        var management = new List<BootstrapSeed>();
        foreach (var host in Hosts)
            host.AddSeeds(tls, data, management);
        return [.. data, .. management];
    }

    /// <summary>Name of the service that stands for the nodes; null where the text names nodes itself.</summary>
    /// <param name="tls">Whether TLS is spoken.</param>
    public string? ServiceName(bool tls) =>
        AllowsServiceLookup && Hosts is [{ Port: null } host] && Uri.CheckHostName(host.Name) == UriHostNameType.Dns
            // never in the DNS (RFC 6761)
            && !string.Equals(host.Name, "localhost", StringComparison.OrdinalIgnoreCase)
            ? $"{(tls ? "_couchbases" : "_couchbase")}._tcp.{host.Name}"
            : null;

    /// <summary>Scheme and hosts.</summary>
    public override string ToString() => $"{(IsSecure ? Secure : Plain)}{string.Join(',', Hosts)}";

    private static (string Places, string Options) Split(string rest)
    {
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var places = question < 0 ? rest : rest[..question];
        return (places.TrimEnd('/'), question < 0 ? "" : rest[(question + 1)..]);
    }

    private static bool TryRead(CouchbaseAddress plain, string options, out CouchbaseAddress address, out string? mend)
    {
        address = plain;
        mend = null;
        var (network, lookup) = (plain.Network, plain.AllowsServiceLookup);
        foreach (var option in options.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? option : option[..equals];
            var value = equals < 0 ? "" : Uri.UnescapeDataString(option[(equals + 1)..]);
            switch (name)
            {
                case "network":
                    network = value;
                    mend = value.Length == 0 ? "has an empty network: write network=auto, network=default or network=external" : null;
                    break;
                case "enable_dns_srv":
                    mend = bool.TryParse(value, out lookup) ? null : $"has enable_dns_srv \"{value}\": write enable_dns_srv=true or enable_dns_srv=false";
                    break;
                default:
                    mend = $"has the option \"{name}\", which is not known: write network or enable_dns_srv, or remove it; user, password, bucket and certificates are options of their own";
                    break;
            }
            if (mend is not null)
                return false;
        }
        address = new CouchbaseAddress(plain.IsSecure, plain.Hosts) { Network = network, AllowsServiceLookup = lookup };
        return true;
    }
}
