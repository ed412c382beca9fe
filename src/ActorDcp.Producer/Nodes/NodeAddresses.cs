using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Nodes;

/// <summary>The ports of a node. Once bound they stay the node's, also while it is stopped.</summary>
internal sealed class NodeAddresses
{
    private readonly TlsSetup? _tls;

    private NodeAddresses(IPEndPoint plain, TlsSetup? tls)
    {
        Plain = plain;
        _tls = tls;
    }

    public IPEndPoint Plain { get; private set; }

    public IPEndPoint? Secure { get; private set; }

    /// <summary>Where HTTP is to be answered; null when it is not.</summary>
    public IPEndPoint? Http { get; set; }

    /// <summary>Where HTTP is to be answered over TLS; null when it is not.</summary>
    public IPEndPoint? Https { get; set; }

    /// <summary>Those that options give to a node: each port of the first node plus the node's number, or free ones.</summary>
    public static NodeAddresses Of(EmbeddedProducerOptions options, IPAddress address, int node)
    {
        IPEndPoint At(int port) => new(address, port == 0 ? 0 : port + node);
        return new NodeAddresses(At(options.Port), options.TlsCertificate is null ? null : TlsSetup.Of(options))
        {
            Secure = options.TlsCertificate is null ? null : At(options.TlsPort),
            Http = options.HttpPort is { } http ? At(http) : null,
            Https = options.HttpsPort is { } https ? At(https) : null,
        };
    }

    /// <summary>Takes the ports for KV; the first time that decides which.</summary>
    /// <exception cref="SocketException">A port is taken.</exception>
    public (KvListener Plain, KvListener? Secure) Bind()
    {
        var plain = KvListener.Bind(Plain, tls: null);
        try
        {
            var secure = Secure is null ? null : KvListener.Bind(Secure, _tls);
            Plain = plain.EndPoint;
            Secure = secure?.EndPoint;
            return (plain, secure);
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }
}
