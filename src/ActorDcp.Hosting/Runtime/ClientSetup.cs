using ActorDcp.Client;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the member's options to those of its connections. Reads the connection text, once.</summary>
internal sealed class ClientSetup
{
    private readonly ActorDcpOptions _options;
    private readonly KvTlsOptions? _tls;
    private readonly KvCredentials? _credentials;

    public ClientSetup(ActorDcpOptions options)
    {
        _options = options;
        Address = CouchbaseAddress.Parse(options.Connection);
        _tls = options.Tls.Enabled || Address.IsSecure
            ? new KvTlsOptions
            {
                AuthorityFile = options.Tls.CaFile,
                ClientCertificateFile = options.Tls.CertFile,
                ClientKeyFile = options.Tls.KeyFile,
            }
            : null;
        _credentials = options.User switch
        {
            null => null,
            var user when options.IsPasswordFromFile => KvCredentials.FromFile(user, options.PasswordFile!),
            var user => new KvCredentials(user, options.Password ?? ""),
        };
    }

    /// <summary>Where Couchbase is.</summary>
    public CouchbaseAddress Address { get; }

    public bool IsTls => _tls is not null;

    /// <summary>Options of a connection without streams to a node.</summary>
    public KvConnectionOptions Kv(KvEndpoint node) => new()
    {
        Endpoint = node,
        Bucket = _options.Bucket,
        Credentials = _credentials,
        SaslMechanism = _options.Auth switch
        {
            AuthenticationMethod.Plain => SaslMechanism.Plain,
            AuthenticationMethod.ScramSha1 => SaslMechanism.ScramSha1,
            AuthenticationMethod.ScramSha256 => SaslMechanism.ScramSha256,
            AuthenticationMethod.ScramSha512 => SaslMechanism.ScramSha512,
            _ => null,
        },
        Tls = _tls,
        AgentName = "actordcp",
    };

    /// <summary>Each call gives another name: a second connection of one name makes the node drop the first (dcp-reference.md 3.1).</summary>
    public DcpConnectionOptions Connection(string member, KvEndpoint node) => new()
    {
        Kv = Kv(node),
        Name = DcpConnectionName.Create("actordcp", _options.Group, member, Guid.NewGuid().ToString("n")).Value,
        Window = (int)_options.Window.Bytes,
        Parked = new ParkedBudget(_options.ParkedBytes.Bytes),
        Xattrs = _options.Stream.Xattrs,
        DeleteTimes = _options.Stream.DeleteTimes,
        DeletedUserXattrs = _options.Stream.DeletedUserXattrs,
        NoValue = _options.Stream.NoValue,
        UnderlyingDatatype = _options.Stream.UnderlyingDatatype,
        Compression = _options.Stream.Compression switch
        {
            StreamCompression.Off => DcpCompression.Off,
            StreamCompression.Forced => DcpCompression.Forced,
            _ => DcpCompression.On,
        },
        SyncWrites = _options.Stream.SyncWrites,
        ChangeStreams = _options.Stream.ChangeStreams,
        Oso = _options.Stream.Oso,
        Priority = _options.Stream.Priority switch
        {
            StreamPriority.Low => DcpPriority.Low,
            StreamPriority.High => DcpPriority.High,
            _ => DcpPriority.Medium,
        },
    };
}
