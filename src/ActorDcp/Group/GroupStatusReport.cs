using System.Collections.Immutable;
using ActorDcp.Connections;
using ActorDcp.VBuckets;

namespace ActorDcp.Group;

/// <summary>This member's rows of the group's status, from its boards.</summary>
internal static class GroupStatusReport
{
    public static IReadOnlyList<VBucketStatus> VBuckets(GroupContext group) =>
        [.. group.Board.Rows.OrderBy(row => row.VBucket).Select(row => RowOf(group, row))];

    public static ImmutableArray<NodeStatus> Nodes(GroupContext group) =>
        [.. group.ConnectionBoard.Entries.OrderBy(entry => entry.Key.ToString(), StringComparer.Ordinal).Select(entry => RowOf(entry.Key.ToString(), entry.Value))];

    private static NodeStatus RowOf(string node, ConnectionBoard.Entry entry)
    {
        var row = entry.Connection is { } connection
            ? new NodeStatus(
                node, 1, connection.Ledger.Window, connection.Ledger.Unacknowledged, connection.Ledger.Parked, connection.Statistics.PinnedBytes)
            : new NodeStatus(node, 0, 0, 0, 0, 0);
        return row with { Failure = entry.LastFailure?.Reason, FailedAt = entry.LastFailure?.At };
    }

    private static VBucketStatus RowOf(GroupContext group, VBucketRow row)
    {
        var member = group.Settings.Member;
        var reason = row.NextTry is { } next ? $"{row.Reason} (next try at {next:HH:mm:ss})" : row.Reason;
        var polled = group.HighSeqnos[row.VBucket];
        if (row.Progress is not { } progress)
            return new VBucketStatus(row.VBucket, member, row.Phase.ToString(), reason, row.Epoch, row.Uuid, polled, default, default, default, null, row.Node);
        // checkpointed before handled before received: each may move on while the next is read, never fall behind
        var checkpointed = progress.Checkpointed;
        var sample = progress.Progress.Sample();
        return new VBucketStatus(
            row.VBucket, member, row.Phase.ToString(), reason, row.Epoch, row.Uuid,
            Seqno.Larger(polled, sample.Received), sample.Received, sample.Handled.Seqno, checkpointed, sample.LastProgressAt, row.Node);
    }
}
