using System.Security.Cryptography.X509Certificates;
using ActorDcp.Producer.Access;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Producer;

/// <summary>How an embedded producer is set up. Defaults give a memory-only node on a free loopback port.</summary>
public sealed record EmbeddedProducerOptions
{
    /// <summary>The password that is only good enough for this machine.</summary>
    public const string DefaultPassword = "password";

    /// <summary>Address to listen on; default 127.0.0.1. Any other than a loopback address needs a password of its own.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port for plain connections; 0 (default) takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Port for HTTP (cluster maps, scopes and collections; dcp-reference.md 2.7): null (default) for none, 0 takes a free one.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Port for the same over TLS: null (default) for none, 0 takes a free one. Needs <see cref="TlsCertificate"/>.</summary>
    public int? HttpsPort { get; init; }

    /// <summary>Name of the bucket; default "default".</summary>
    public string Bucket { get; init; } = "default";

    /// <summary>Vbuckets of the bucket, 1 to 1,024; default 64. Fixed once a data folder has been made.</summary>
    public int VBuckets { get; init; } = 64;

    /// <summary>Data nodes of a new cluster, 1 to 64; default 1. Each has ports of its own: those given plus its number, or free ones. A data folder keeps the nodes it has.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>Replicas of each vbucket, 0 (default) to 3; as many as there are other nodes to hold them.</summary>
    public int Replicas { get; init; }

    /// <summary>The user who may do everything; default "Administrator".</summary>
    public string User { get; init; } = "Administrator";

    /// <summary>That user's password; default "password".</summary>
    public string Password { get; init; } = DefaultPassword;

    /// <summary>More users; default none. Each has a name of its own, and what it may do.</summary>
    public IReadOnlyList<ProducerUser> Users { get; init; } = [];

    /// <summary>Folder that keeps the bucket between runs; null (default) for memory only. Made if missing.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Whether the bucket says of itself that nothing is ever persisted (dcp-reference.md 5.10); default false.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>
    /// Whether the bucket resolves conflicts by time: of two versions of a document the one with the higher cas wins, and changes with
    /// metadata must say that they know (dcp-reference.md 3.21). Default false: by revision.
    /// </summary>
    public bool LastWriteWins { get; init; }

    /// <summary>Whether every version of every document is kept in memory, for <see cref="Buckets.Bucket.History"/>; default false.</summary>
    public bool KeepHistory { get; init; }

    /// <summary>Certificate with private key: with it a second port speaks TLS. The producer does not dispose it.</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>Port for TLS; 0 (default) takes a free one.</summary>
    public int TlsPort { get; init; }

    /// <summary>Authority whose client certificates are accepted on the TLS ports; the subject's common name is the user. Null: none.</summary>
    public X509Certificate2? ClientCertificateAuthority { get; init; }

    /// <summary>Changes in a checkpoint before the next begins; default 10,000.</summary>
    public int CheckpointMaxItems { get; init; } = 10_000;

    /// <summary>How often expired documents are looked for; default 60 s. They also expire when touched.</summary>
    public TimeSpan ExpiryPagerInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A DCP connection with no-ops on that says nothing for so long is dropped; default 360 s.</summary>
    public TimeSpan DcpIdleTimeout { get; init; } = TimeSpan.FromSeconds(360);

    /// <summary>A connection that is not authenticated by then is dropped; default 30 s.</summary>
    public TimeSpan AuthenticationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections that may be open at a time; default 4,096. Of those that nobody has logged in on, the oldest makes room for a new one once they are half of it; else further ones are closed at once.</summary>
    public int MaxConnections { get; init; } = 4_096;

    /// <summary>When a backfill of one collection comes in key order to a client that allows it; default as Couchbase chooses.</summary>
    public OutOfOrderBackfills OutOfOrderBackfills { get; init; }

    /// <summary>
    /// Changes that a filter leaves out of a backfill before the client is told the seqno in between; default 0: only at the
    /// snapshot's end, as Couchbase 7.6 does. Newer servers use 10,000 (dcp-reference.md 3.13).
    /// </summary>
    public int FilteredItemsPerSeqnoAdvanced { get; init; }

    /// <summary>
    /// Whether <c>max_marker_version=2.2</c> and <c>purge_seqno</c> in stream requests are understood, as servers after 7.6 do;
    /// default true. A 7.6 node answers both with EINVAL (dcp-reference.md 10.6).
    /// </summary>
    public bool UnderstandsMarkersV22 { get; init; } = true;

    /// <summary>The clock; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where to log; default nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>What tells one set of options from another in a log; no password.</summary>
    public override string ToString() => $"bucket {Bucket} of {VBuckets} vbuckets on {Host}:{Port}, user {User}";
}
