using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Nodes;

/// <summary>The ports of a node. Once bound they stay the node's, also while it is stopped.</summary>
internal sealed class NodeAddresses
{
    private readonly TlsSetup? _tls;

    private NodeAddresses(IPEndPoint plain, IPEndPoint? secure, IPEndPoint? http, TlsSetup? tls)
    {
        Plain = plain;
        Secure = secure;
        Http = http;
        _tls = tls;
    }

    public IPEndPoint Plain { get; private set; }

    public IPEndPoint? Secure { get; private set; }

    /// <summary>Where HTTP is to be answered; null when it is not.</summary>
    public IPEndPoint? Http { get; set; }

    /// <summary>Those that options give to a node: each port of the first node plus the node's number, or free ones.</summary>
    public static NodeAddresses Of(EmbeddedProducerOptions options, IPAddress address, int node)
    {
        IPEndPoint At(int port) => new(address, port == 0 ? 0 : port + node);
        return options.TlsCertificate is null
            ? new NodeAddresses(At(options.Port), null, options.HttpPort is { } http ? At(http) : null, null)
            : new NodeAddresses(At(options.Port), At(options.TlsPort), options.HttpPort is { } other ? At(other) : null, TlsSetup.Of(options));
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
