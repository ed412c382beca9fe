using System.Collections.Immutable;
using ActorDcp.Serialization;
using ActorDcp.VBuckets;

namespace ActorDcp.Group;

/// <summary>How the members of a group tell each other how they are. The rows are those of the status call.</summary>
internal static class GroupMessages
{
    /// <summary>Asks a member for its rows; <paramref name="Correlation"/> comes back with each piece.</summary>
    public sealed record StatusRequest(string Group, long Correlation) : IActorDcpMessage;

    /// <summary>Asks a member to save a position, whatever it is, and to say so once it did.</summary>
    public sealed record SaveProbe(string Group, long Correlation) : IActorDcpMessage;

    /// <summary>The member could save.</summary>
    public sealed record SaveProbeAnswer(string Group, long Correlation) : IActorDcpMessage;

    /// <summary>
    /// A part of a member's rows, small enough for one frame of Akka.Remote. <paramref name="Piece"/> counts from 0 to
    /// <paramref name="Pieces"/> - 1; a member without vbuckets sends one empty piece.
    /// </summary>
    public sealed record StatusPiece(
        string Group,
        long Correlation,
        string Member,
        string Address,
        string State,
        int Piece,
        int Pieces,
        ImmutableArray<VBucketStatus> VBuckets,
        ImmutableArray<NodeStatus> Nodes) : IActorDcpMessage
    {
        /// <summary>Rows that fit into one piece: a row needs less than 400 bytes, a frame of Akka.Remote holds 128,000.</summary>
        public const int MaxRows = 256;

        /// <summary>A member's rows in pieces; the nodes ride in the first.</summary>
        public static IEnumerable<StatusPiece> Split(
            StatusRequest request, string member, string address, string state,
            IReadOnlyCollection<VBucketStatus> vbuckets, ImmutableArray<NodeStatus> nodes)
        {
            var pieces = Math.Max(1, (vbuckets.Count + MaxRows - 1) / MaxRows);
            for (var piece = 0; piece < pieces; piece++)
                yield return new StatusPiece(
                    request.Group, request.Correlation, member, address, state, piece, pieces,
                    [.. vbuckets.Skip(piece * MaxRows).Take(MaxRows)], piece == 0 ? nodes : []);
        }

        public bool Equals(StatusPiece? other) =>
            other is not null
            && (Group, Correlation, Member, Address, State, Piece, Pieces)
                == (other.Group, other.Correlation, other.Member, other.Address, other.State, other.Piece, other.Pieces)
            && VBuckets.AsSpan().SequenceEqual(other.VBuckets.AsSpan()) && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan());

        public override int GetHashCode() => HashCode.Combine(Group, Correlation, Member, Piece);
    }
}

/// <summary>
/// How a vbucket is. Lag is High less Handled; LastProgress is when something was handled last, Node the Couchbase data node it
/// streams from.
/// </summary>
internal sealed record VBucketStatus(
    VBucketId VBucket,
    string Member,
    string State,
    string? Reason,
    OwnershipEpoch Epoch,
    VBucketUuid Uuid,
    Seqno High,
    Seqno Received,
    Seqno Handled,
    Seqno Checkpointed,
    DateTimeOffset? LastProgress,
    string? Node)
{
    /// <summary>Whether it is on its way to its stream or away from here; one that stands still for a reason it gives is not.</summary>
    public bool IsOnTheMove => State is nameof(VBucketPhase.TakingOwnership) or nameof(VBucketPhase.PreparingHandler)
        or nameof(VBucketPhase.AwaitingTopology) or nameof(VBucketPhase.Opening) or nameof(VBucketPhase.Draining);
}

/// <summary>A member's connections to a Couchbase data node; sizes in bytes. The failure is the last one, also where all is well again.</summary>
internal sealed record NodeStatus(
    string Node, int Connections, long Window, long Unacknowledged, long Parked, long Pinned,
    string? Failure = null, DateTimeOffset? FailedAt = null);
