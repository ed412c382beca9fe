using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>The producer's answer to a stream request (dcp-reference.md 3.3, "Consumer reactions").</summary>
public abstract record StreamRequestResult
{
    private StreamRequestResult()
    {
    }

    /// <summary>The stream is open.</summary>
    /// <param name="Source">Its receiving end.</param>
    /// <param name="FailoverLog">The producer's failover log, which replaces the one known before.</param>
    public sealed record Opened(DcpStream Source, FailoverLog FailoverLog) : StreamRequestResult;

    /// <summary>The consumer must go back to a seqno or below it (4.4).</summary>
    public sealed record Rollback(Seqno Seqno) : StreamRequestResult;

    /// <summary>The node does not have the vbucket.</summary>
    /// <param name="Map">The node's cluster map; null where it sent none.</param>
    public sealed record NotMyVBucket(ClusterMap? Map) : StreamRequestResult;

    /// <summary>Any other status.</summary>
    /// <param name="Status">The status.</param>
    /// <param name="Context">The server's own words, empty where it sent none.</param>
    /// <param name="Reference">Id under which the server logged it; empty where it did not.</param>
    /// <param name="ManifestUid">The node's collections manifest, where a scope or collection is unknown to it.</param>
    public sealed record Refused(Status Status, string Context, string Reference = "", ulong? ManifestUid = null) : StreamRequestResult
    {
        /// <summary>What the node's error map says of the status; null where it says nothing (2.9).</summary>
        public ErrorDescription? Explanation { get; init; }

        /// <summary>What to do about it.</summary>
        public StatusMeaning Meaning => StatusMeaning.Of(Status, Explanation);

        /// <summary>Status and all that the server said about it, in one line (dcp-reference.md 1.11).</summary>
        public string Words => StatusFault.Words(Status, Explanation, new ErrorBody(Context, Reference, ManifestUid));
    }
}
