using System.Globalization;
using ActorDcp.Group;
using ActorDcp.Hosting.Http;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From what the actors tell to what the HTTP calls show.</summary>
internal static class GroupStatusView
{
    public static GroupStatus Of(GroupContext group, string bucket, CollectedStatus collected) => new(
        group.Settings.Group,
        bucket,
        group.Key.BucketUuid,
        collected.Complete,
        [.. collected.Members.Select(member => new MemberStatus(member.Name, member.Address, member.State, member.VBuckets))],
        [.. collected.Nodes.GroupBy(node => node.Node).Select(NodeOf)],
        [.. collected.VBuckets.Select(row => new Http.VBucketStatus(
            row.VBucket.Value, row.Member, row.State, row.Reason, row.Epoch.Value, row.Uuid.ToString(), row.High.Value,
            row.Received.Value, row.Handled.Value, row.Checkpointed.Value, row.LastProgress, row.Node))]);

    private static Http.NodeStatus NodeOf(IGrouping<string, Group.NodeStatus> members)
    {
        var last = members.MaxBy(node => node.FailedAt ?? DateTimeOffset.MinValue)!;
        return new Http.NodeStatus(
            members.Key, members.Sum(node => node.Connections), members.Sum(node => node.Window), members.Sum(node => node.Unacknowledged),
            members.Sum(node => node.Parked), members.Sum(node => node.Pinned), last.Failure, last.FailedAt);
    }

    public static Http.VBucketHistory HistoryOf(string group, VBucketMessages.HistoryReply reply) => new(
        group, reply.VBucket.Value,
        [.. reply.History.Facts.Reverse().Select(fact => new HistoryFact(fact.At, NameOf(fact), fact.Epoch.Value, TextOf(fact)))]);

    private static string NameOf(VBucketFact fact) => fact switch
    {
        VBucketFact.OwnershipTaken => "ownership_taken",
        VBucketFact.StreamOpened => "stream_opened",
        VBucketFact.RolledBack => "rolled_back",
        VBucketFact.RollbackAcknowledged => "rollback_acknowledged",
        VBucketFact.StartPinned => "start_pinned",
        VBucketFact.Paused => "paused",
        VBucketFact.Resumed => "resumed",
        VBucketFact.CollectionsLeftOut => "collections_left_out",
        _ => fact.GetType().Name,
    };

    private static string TextOf(VBucketFact fact) => fact switch
    {
        VBucketFact.OwnershipTaken taken => $"taken over by {taken.Member}",
        VBucketFact.StreamOpened opened => $"opened from {opened.From}; failover log {opened.Log}",
        VBucketFact.RolledBack back => $"rolled back from {back.From} to {back.To}: {back.Reason}",
        VBucketFact.RollbackAcknowledged acknowledged => $"the handler took the rollback to {acknowledged.To}",
        VBucketFact.StartPinned pinned => $"the group starts from {pinned.Offset}",
        VBucketFact.Paused paused => $"paused: {paused.Reason}",
        VBucketFact.Resumed => "resumed",
        VBucketFact.CollectionsLeftOut { Ids.IsEmpty: true } => "every collection of the filter is read again",
        VBucketFact.CollectionsLeftOut leftOut => string.Create(
            CultureInfo.InvariantCulture, $"read from {leftOut.From.Seqno} on without collections {string.Join(", ", leftOut.Ids.Select(id => id.ToString("x", CultureInfo.InvariantCulture)))}"),
        _ => "",
    };
}
