using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>A node's answer to OBSERVE_SEQNO (dcp-reference.md 3.20).</summary>
public abstract record ObserveSeqnoResult
{
    private ObserveSeqnoResult()
    {
    }

    /// <summary>What the node has received and persisted.</summary>
    public sealed record Observed(ObserveSeqnoResponse Seqnos) : ObserveSeqnoResult;

    /// <summary>The node does not know the branch that was asked about.</summary>
    public sealed record UnknownUuid : ObserveSeqnoResult;

    /// <summary>The node does not have the vbucket.</summary>
    public sealed record NotMyVBucket : ObserveSeqnoResult;

    /// <summary>Any other status.</summary>
    public sealed record Refused(Status Status, string Context, string Reference = "") : ObserveSeqnoResult
    {
        /// <summary>What the node's error map says of the status; null where it says nothing (2.9).</summary>
        public ErrorDescription? Explanation { get; init; }

        /// <summary>Status and all that the server said about it, in one line (dcp-reference.md 1.11).</summary>
        public string Words => StatusFault.Words(Status, Explanation, new ErrorBody(Context, Reference, null));
    }
}
