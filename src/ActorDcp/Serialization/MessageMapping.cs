using ActorDcp.Group;
using ActorDcp.Serialization.Protos;
using ActorDcp.VBuckets;

namespace ActorDcp.Serialization;

/// <summary>Messages between members in their travelling form and back.</summary>
internal static class MessageMapping
{
    public static VBucketProto ToProto(VBucketMessages.IVBucketMessage message) => new() { Vbucket = message.VBucket.Value };

    public static VBucketId VBucket(uint vbucket) => VBucketId.From(checked((int)vbucket));

    public static RewindProto ToProto(VBucketMessages.Rewind rewind) => new()
    {
        Vbucket = rewind.VBucket.Value, Kind = (int)rewind.To.Kind, Seqno = rewind.To.Seqno.Value, DryRun = rewind.DryRun,
    };

    public static VBucketMessages.Rewind FromProto(RewindProto proto) => new(
        VBucket(proto.Vbucket),
        (RewindKind)proto.Kind switch
        {
            RewindKind.Beginning => RewindTarget.Beginning,
            RewindKind.Now => RewindTarget.Now,
            RewindKind.Seqno => RewindTarget.To(new Seqno(proto.Seqno)),
            // going to the wrong place is worse than not going
            _ => throw new InvalidDataException($"a rewind of kind {proto.Kind}, which this version does not know"),
        },
        proto.DryRun);

    public static SetOffsetProto ToProto(VBucketMessages.SetOffset set) => new()
    {
        Vbucket = set.VBucket.Value, Offset = FactMapping.ToProto(set.Offset), DryRun = set.DryRun,
    };

    public static VBucketMessages.SetOffset FromProto(SetOffsetProto proto) =>
        new(VBucket(proto.Vbucket), FactMapping.FromProto(proto.Offset), proto.DryRun);

    public static RewindAcceptedProto ToProto(VBucketMessages.RewindAccepted accepted) => new()
    {
        Vbucket = accepted.VBucket.Value, From = accepted.From.Value, To = accepted.To.Value, DryRun = accepted.DryRun,
    };

    public static VBucketMessages.RewindAccepted FromProto(RewindAcceptedProto proto) =>
        new(VBucket(proto.Vbucket), new Seqno(proto.From), new Seqno(proto.To), proto.DryRun);

    public static StatusPieceProto ToProto(GroupMessages.StatusPiece piece)
    {
        var proto = new StatusPieceProto
        {
            Group = piece.Group, Correlation = piece.Correlation, Member = piece.Member, Address = piece.Address,
            State = piece.State, Piece = piece.Piece, Pieces = piece.Pieces,
        };
        proto.Vbuckets.AddRange(piece.VBuckets.Select(ToProto));
        proto.Nodes.AddRange(piece.Nodes.Select(ToProto));
        return proto;
    }

    public static GroupMessages.StatusPiece FromProto(StatusPieceProto proto) => new(
        proto.Group, proto.Correlation, proto.Member, proto.Address, proto.State, proto.Piece, proto.Pieces,
        [.. proto.Vbuckets.Select(FromProto)],
        [.. proto.Nodes.Select(FromProto)]);

    private static NodeStatusProto ToProto(NodeStatus node)
    {
        var proto = new NodeStatusProto
        {
            Node = node.Node, Connections = node.Connections, Window = node.Window, Unacknowledged = node.Unacknowledged,
            Parked = node.Parked, Pinned = node.Pinned,
        };
        if (node.Failure is { } failure)
            proto.Failure = failure;
        if (node.FailedAt is { } at)
            proto.FailedAt = FactMapping.Ticks(at);
        return proto;
    }

    private static NodeStatus FromProto(NodeStatusProto proto) => new(
        proto.Node, proto.Connections, proto.Window, proto.Unacknowledged, proto.Parked, proto.Pinned,
        proto.HasFailure ? proto.Failure : null, proto.HasFailedAt ? FactMapping.Time(proto.FailedAt) : null);

    private static VBucketStatusProto ToProto(VBucketStatus status)
    {
        var proto = new VBucketStatusProto
        {
            Vbucket = status.VBucket.Value, Member = status.Member, State = status.State, Epoch = status.Epoch.Value,
            Uuid = status.Uuid.Value, High = status.High.Value, Received = status.Received.Value,
            Handled = status.Handled.Value, Checkpointed = status.Checkpointed.Value,
        };
        if (status.Reason is { } reason)
            proto.Reason = reason;
        if (status.LastProgress is { } progress)
            proto.LastProgress = FactMapping.Ticks(progress);
        if (status.Node is { } node)
            proto.Node = node;
        return proto;
    }

    private static VBucketStatus FromProto(VBucketStatusProto proto) => new(
        VBucket(proto.Vbucket), proto.Member, proto.State, proto.HasReason ? proto.Reason : null,
        new OwnershipEpoch(proto.Epoch), new VBucketUuid(proto.Uuid), new Seqno(proto.High), new Seqno(proto.Received),
        new Seqno(proto.Handled), new Seqno(proto.Checkpointed),
        proto.HasLastProgress ? FactMapping.Time(proto.LastProgress) : null, proto.HasNode ? proto.Node : null);
}
