using ActorDcp.Handlers;
using ActorDcp.Persistence;
using static ActorDcp.Hosting.Configuration.OptionKind;

namespace ActorDcp.Hosting.Configuration;

/// <summary>Every key that the section knows.</summary>
internal static class OptionKeys
{
    public static IReadOnlyList<OptionKey> All { get; } =
    [
        Text("Group", "name of the consumer group: letters, digits, `.`, `-`, `_`", o => o.Group, (o, v) => o.Group = v) with { IsRequired = true },
        Text("Connection", "where Couchbase is: `couchbase://host[:port][,host[:port]]`; `couchbases://` for TLS", o => o.Connection, (o, v) => o.Connection = v),
        Text("User", "user to sign in as; none with a client certificate", o => o.User, (o, v) => o.User = v),
        Text("Password", "its password; better in `ACTORDCP_PASSWORD` or a file", o => o.Password, (o, v) => o.Password = v) with { IsSecret = true },
        Text("PasswordFile", "file whose first line is the password", o => o.PasswordFile, (o, v) => o.PasswordFile = v),
        Text("Bucket", "bucket to stream", o => o.Bucket, (o, v) => o.Bucket = v) with { IsRequired = true },
        Choice("Auth", "how to sign in", AuthenticationNames, o => o.Auth, (o, v) => o.Auth = v),
        Flag("Tls:Enabled", "TLS towards Couchbase", o => o.Tls.Enabled, (o, v) => o.Tls.Enabled = v),
        Text("Tls:CaFile", "PEM file of the authorities to trust instead of the system's", o => o.Tls.CaFile, (o, v) => o.Tls.CaFile = v),
        Text("Tls:CertFile", "PEM file of a client certificate, to sign in with it", o => o.Tls.CertFile, (o, v) => o.Tls.CertFile = v),
        Text("Tls:KeyFile", "PEM file of the client certificate's key", o => o.Tls.KeyFile, (o, v) => o.Tls.KeyFile = v),
        Text("Start", "where a new group begins: `beginning`, `now`, or a file of exported offsets; counts at the first start only", o => o.Start, (o, v) => o.Start = v),
        List("Stream:Collections", "collections by number or as `scope.name`; empty for all", o => o.Stream.Collections),
        Text("Stream:Scope", "one scope instead of collections", o => o.Stream.Scope, (o, v) => o.Stream.Scope = v),
        Flag("Stream:Xattrs", "stream extended attributes too", o => o.Stream.Xattrs, (o, v) => o.Stream.Xattrs = v),
        Flag("Stream:DeletedUserXattrs", "deletions carry the user's extended attributes too", o => o.Stream.DeletedUserXattrs, (o, v) => o.Stream.DeletedUserXattrs = v),
        Flag("Stream:DeleteTimes", "deletions carry their time", o => o.Stream.DeleteTimes, (o, v) => o.Stream.DeleteTimes = v),
        Flag("Stream:NoValue", "documents come without their values", o => o.Stream.NoValue, (o, v) => o.Stream.NoValue = v),
        Flag("Stream:UnderlyingDatatype", "documents without values still say of what datatype those are", o => o.Stream.UnderlyingDatatype, (o, v) => o.Stream.UnderlyingDatatype = v),
        Choice("Stream:Compression", "whether values travel compressed: `on`, `off`, `forced`", CompressionNames, o => o.Stream.Compression, (o, v) => o.Stream.Compression = v),
        Flag("Stream:SyncWrites", "handlers see prepares, commits and aborts of durable writes", o => o.Stream.SyncWrites, (o, v) => o.Stream.SyncWrites = v),
        Flag("Stream:ChangeStreams", "every version of collections that keep history, where the bucket's storage does", o => o.Stream.ChangeStreams, (o, v) => o.Stream.ChangeStreams = v),
        Flag("Stream:Oso", "first backfills of one collection may come out of seqno order, which is faster where it is few documents of many", o => o.Stream.Oso, (o, v) => o.Stream.Oso = v),
        Choice("Stream:Priority", "the producer's priority for these connections; unset leaves it alone", PriorityNames, o => o.Stream.Priority, (o, v) => o.Stream.Priority = v),
        Duration("Stream:RollbackMitigationInterval", "how often to ask what every copy has on disk, handing on no more than that; zero hands on all at once", o => o.Stream.RollbackMitigationInterval, (o, v) => o.Stream.RollbackMitigationInterval = v),
        Size("Window", "flow-control window of a connection: bytes received and not yet handled", o => o.Window, (o, v) => o.Window = v),
        Size("ParkedBytes", "bytes of slow vbuckets that a connection may hold outside its window", o => o.ParkedBytes, (o, v) => o.ParkedBytes = v),
        Duration("Checkpoint:Interval", "time between two writes of the positions that moved; a crash delivers at most this much again", o => o.Checkpoint.Interval, (o, v) => o.Checkpoint.Interval = v),
        Duration("Checkpoint:MaxUncheckpointed", "how long streams go on while the database is away; then they hold", o => o.Checkpoint.MaxUncheckpointed, (o, v) => o.Checkpoint.MaxUncheckpointed = v),
        Duration("DrainTimeout", "how long a vbucket that moves may take to finish the batch in work", o => o.DrainTimeout, (o, v) => o.DrainTimeout = v),
        Text("Handler:Type", "`count`, `jsonl` or a handler's type name; a handler added in code wins", o => o.Handler.Type, (o, v) => o.Handler.Type = v),
        Text("Handler:Path", "file that `jsonl` writes; `{member}` is replaced by the member's name", o => o.Handler.Path, (o, v) => o.Handler.Path = v),
        Flag("Handler:Values", "`jsonl` writes the documents' values too", o => o.Handler.Values, (o, v) => o.Handler.Values = v),
        Choice("Handler:OnError", "after the retries: `pause` the vbucket, or `skip` the event", ErrorActionNames, o => o.Handler.OnError, (o, v) => o.Handler.OnError = v),
        Number("Handler:Retries", "how often a batch that failed is tried again", 0, 1_000, o => o.Handler.Retries, (o, v) => o.Handler.Retries = v),
        Duration("Handler:RetryDelay", "pause before the first retry; doubles with each, with jitter", o => o.Handler.RetryDelay, (o, v) => o.Handler.RetryDelay = v),
        Duration("Handler:MaxRetryDelay", "longest pause between two retries", o => o.Handler.MaxRetryDelay, (o, v) => o.Handler.MaxRetryDelay = v),
        Text("Cluster:Host", "address that other members reach this one at", o => o.Cluster.Host, (o, v) => o.Cluster.Host = v),
        Number("Cluster:Port", "port for the other members; 0 takes a free one", 0, 65_535, o => o.Cluster.Port, (o, v) => o.Cluster.Port = v),
        Text("Cluster:BindHost", "address to listen on where that is not `Cluster:Host`, as behind a port mapping", o => o.Cluster.BindHost, (o, v) => o.Cluster.BindHost = v),
        Number("Cluster:BindPort", "port to listen on where that is not `Cluster:Port`; 0 for the same", 0, 65_535, o => o.Cluster.BindPort, (o, v) => o.Cluster.BindPort = v),
        List("Cluster:Seeds", "members to join, `host:port` separated by commas; empty starts a cluster of its own", o => o.Cluster.Seeds),
        Choice("Cluster:WhenRemoved", "what `serve` does when the others took this member for dead: `rejoin`, or `exit` with code 1", RemovedNames, o => o.Cluster.WhenRemoved, (o, v) => o.Cluster.WhenRemoved = v),
        Number("Cluster:Shards", "shards that the vbuckets are spread over; the same for the life of the group", 1, 65_535, o => o.Cluster.Shards, (o, v) => o.Cluster.Shards = v),
        Text("Cluster:Tls:CertFile", "PFX file of this member's certificate, for mutual TLS between members", o => o.Cluster.Tls.CertFile, (o, v) => o.Cluster.Tls.CertFile = v),
        Text("Cluster:Tls:CertPasswordFile", "file whose first line is the PFX file's password", o => o.Cluster.Tls.CertPasswordFile, (o, v) => o.Cluster.Tls.CertPasswordFile = v),
        Text("Cluster:Tls:CaFile", "PEM file of the authorities that issue the members' certificates, instead of those the system trusts", o => o.Cluster.Tls.CaFile, (o, v) => o.Cluster.Tls.CaFile = v),
        Flag("Cluster:Insecure", "allows an address off loopback without TLS: whoever reaches the port is a member", o => o.Cluster.Insecure, (o, v) => o.Cluster.Insecure = v),
        Choice("Persistence:Provider", "`sqlite` or `postgresql`", ProviderNames, o => o.Persistence.Provider, (o, v) => o.Persistence.Provider = v),
        Text("Persistence:ConnectionString", "how to reach the database; unset with SQLite means a file in the user's data folder", o => o.Persistence.ConnectionString, (o, v) => o.Persistence.ConnectionString = v) with { IsSecret = true },
        Text("Http:Host", "address of the HTTP calls; off loopback a token is needed", o => o.Http.Host, (o, v) => o.Http.Host = v),
        Number("Http:Port", "port of the HTTP calls; 0 takes a free one", 0, 65_535, o => o.Http.Port, (o, v) => o.Http.Port = v),
        Text("Http:Token", "token of the HTTP calls; better in `ACTORDCP_TOKEN` or a file", o => o.Http.Token, (o, v) => o.Http.Token = v) with { IsSecret = true },
        Text("Http:TokenFile", "file whose first line is the token", o => o.Http.TokenFile, (o, v) => o.Http.TokenFile = v),
    ];

    private static (string, AuthenticationMethod)[] AuthenticationNames =>
    [
        ("auto", AuthenticationMethod.Auto), ("plain", AuthenticationMethod.Plain), ("scram-sha1", AuthenticationMethod.ScramSha1),
        ("scram-sha256", AuthenticationMethod.ScramSha256), ("scram-sha512", AuthenticationMethod.ScramSha512),
    ];

    private static (string, StreamPriority?)[] PriorityNames =>
        [("low", StreamPriority.Low), ("medium", StreamPriority.Medium), ("high", StreamPriority.High)];

    private static (string, StreamCompression)[] CompressionNames =>
        [("on", StreamCompression.On), ("off", StreamCompression.Off), ("forced", StreamCompression.Forced)];

    private static (string, HandlerErrorAction)[] ErrorActionNames =>
        [("pause", HandlerErrorAction.Pause), ("skip", HandlerErrorAction.Skip)];

    private static (string, RemovedMemberAction)[] RemovedNames =>
        [("rejoin", RemovedMemberAction.Rejoin), ("exit", RemovedMemberAction.Exit)];

    private static (string, PersistenceProvider)[] ProviderNames =>
        [("sqlite", PersistenceProvider.Sqlite), ("postgresql", PersistenceProvider.PostgreSql)];
}
