using System.Net;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Client;

/// <summary>What is needed to reach and enter a data node.</summary>
public sealed record KvConnectionOptions
{
    /// <summary>Where the node listens.</summary>
    public required KvEndpoint Endpoint { get; init; }

    /// <summary>Bucket to select; null, the default, selects none.</summary>
    public string? Bucket { get; init; }

    /// <summary>User and password; null, the default, only with a client certificate.</summary>
    public KvCredentials? Credentials { get; init; }

    /// <summary>
    /// Mechanism to log in with. Null, the default, takes the best that the node offers, PLAIN only over TLS.
    /// </summary>
    public SaslMechanism? SaslMechanism { get; init; }

    /// <summary>TLS; null, the default, is plain TCP.</summary>
    public KvTlsOptions? Tls { get; init; }

    /// <summary>Name that the server's logs show. Default <c>actordcp</c>.</summary>
    public string AgentName { get; init; } = "actordcp";

    /// <summary>Longest time for name lookup, TCP, TLS and the whole handshake together. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time for the answer to one request. Default 10 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Silence that is unusual: after 1.2 times as long the node is asked for a sign of life, after twice as long the connection counts
    /// as dead (dcp-reference.md 4.2). Default 10 s; a DCP connection takes its no-op interval instead.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Addresses of a host, looked up at each connect.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}
