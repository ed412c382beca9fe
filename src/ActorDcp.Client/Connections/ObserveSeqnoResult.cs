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
        /// <summary>Status and all that the server said about it, in one line (dcp-reference.md 1.11).</summary>
        public string Words => StatusFault.Name(Status) + StatusFault.Words(new ErrorBody(Context, Reference, null));
    }
}
