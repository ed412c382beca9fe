using System.Globalization;

namespace ActorDcp.Client;

/// <summary>Where a data node listens. The host is looked up at each connect.</summary>
/// <param name="Host">Name or address; IPv6 without brackets.</param>
/// <param name="Port">TCP port, 1 to 65,535.</param>
public sealed record KvEndpoint(string Host, int Port)
{
    /// <summary>Port of the data service without TLS.</summary>
    public const int DefaultPort = 11210;

    /// <summary>Port of the data service with TLS.</summary>
    public const int DefaultTlsPort = 11207;

    /// <summary>As <c>host:port</c>; IPv6 in brackets.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}");
}
