using ActorDcp.Client;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the member's options to those of its connections.</summary>
internal static class ClientSetup
{
    public static KvTlsOptions? Tls(ActorDcpOptions options, CouchbaseAddress address) =>
        options.Tls.Enabled || address.IsSecure
            ? new KvTlsOptions
            {
                AuthorityFile = options.Tls.CaFile,
                ClientCertificateFile = options.Tls.CertFile,
                ClientKeyFile = options.Tls.KeyFile,
            }
            : null;

    public static KvConnectionOptions Kv(ActorDcpOptions options, KvEndpoint node, KvTlsOptions? tls) => new()
    {
        Endpoint = node,
        Bucket = options.Bucket,
        Credentials = options.User is { } user ? new KvCredentials(user, options.Password ?? "") : null,
        SaslMechanism = options.Auth switch
        {
            AuthenticationMethod.Plain => SaslMechanism.Plain,
            AuthenticationMethod.ScramSha1 => SaslMechanism.ScramSha1,
            AuthenticationMethod.ScramSha256 => SaslMechanism.ScramSha256,
            AuthenticationMethod.ScramSha512 => SaslMechanism.ScramSha512,
            _ => null,
        },
        Tls = tls,
        AgentName = "actordcp",
    };

    /// <summary>Options of a connection without streams to any node.</summary>
    public static Func<KvEndpoint, KvConnectionOptions> KvFactory(ActorDcpOptions options)
    {
        var address = CouchbaseAddress.Parse(options.Connection);
        var tls = Tls(options, address);
        return node => Kv(options, node, tls);
    }

    /// <summary>Each call gives another name: a second connection of one name makes the node drop the first (dcp-reference.md 3.1).</summary>
    public static DcpConnectionOptions Connection(
        ActorDcpOptions options, string member, KvEndpoint node, KvTlsOptions? tls) => new()
    {
        Kv = Kv(options, node, tls),
        Name = DcpConnectionName.Create("actordcp", options.Group, member, Guid.NewGuid().ToString("n")).Value,
        Window = (int)options.Window.Bytes,
        Parked = new ParkedBudget(options.ParkedBytes.Bytes),
        Xattrs = options.Stream.Xattrs,
        DeleteTimes = options.Stream.DeleteTimes,
        DeletedUserXattrs = options.Stream.DeletedUserXattrs,
        NoValue = options.Stream.NoValue,
        UnderlyingDatatype = options.Stream.UnderlyingDatatype,
        Compression = options.Stream.Compression switch
        {
            StreamCompression.Off => DcpCompression.Off,
            StreamCompression.Forced => DcpCompression.Forced,
            _ => DcpCompression.On,
        },
        SyncWrites = options.Stream.SyncWrites,
        ChangeStreams = options.Stream.ChangeStreams,
        Oso = options.Stream.Oso,
        Priority = options.Stream.Priority switch
        {
            StreamPriority.Low => DcpPriority.Low,
            StreamPriority.High => DcpPriority.High,
            _ => DcpPriority.Medium,
        },
    };
}
