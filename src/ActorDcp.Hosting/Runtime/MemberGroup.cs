using ActorDcp.Group;
using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Offsets;
using ActorDcp.VBuckets;
using Akka.Actor;

namespace ActorDcp.Hosting.Runtime;

/// <summary>Answers the HTTP calls about the member's group: its own board for its health, the cluster for status and commands.</summary>
internal sealed class MemberGroup(ActorDcpOptions options, MemberState state, ActorSystem system, TimeProvider time) : IGroupStatusSource
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A vbucket that is told something may have to await the batch in work first.</summary>
    private TimeSpan CommandTimeout => options.DrainTimeout + AnswerTimeout;

    public async Task<GroupStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        if (state.Group is not { } group)
            return new GroupStatus(options.Group, options.Bucket, "", false, [], [], []);
        var collected = await GroupStatusQuery.CollectAsync(system, group, AnswerTimeout, cancellationToken).ConfigureAwait(false);
        return GroupStatusView.Of(group, options.Bucket, collected);
    }

    public async Task<Http.VBucketHistory?> GetHistoryAsync(VBucketId vbucket, CancellationToken cancellationToken)
    {
        var group = Running();
        if (vbucket.Value >= group.VBuckets)
            return null;
        var reply = await group.Region.Ask<VBucketMessages.HistoryReply>(
            new VBucketMessages.GetHistory(vbucket), AnswerTimeout, cancellationToken).ConfigureAwait(false);
        return GroupStatusView.HistoryOf(group.Settings.Group, reply);
    }

    public Task<IReadOnlyList<HealthFinding>> GetHealthAsync(CancellationToken cancellationToken) =>
        Task.FromResult(GroupHealth.Find(state, time));

    public Task<OperationResult> PauseAsync(VBucketId? vbucket, CancellationToken cancellationToken) =>
        CommandAsync(vbucket, id => new VBucketMessages.Pause(id, "an operator paused it"), cancellationToken);

    public Task<OperationResult> ResumeAsync(VBucketId? vbucket, CancellationToken cancellationToken) =>
        CommandAsync(vbucket, id => new VBucketMessages.Resume(id), cancellationToken);

    public Task<OperationResult> RewindAsync(
        VBucketId? vbucket, Http.RewindTarget target, bool dryRun, CancellationToken cancellationToken) =>
        CommandAsync(vbucket, id => new VBucketMessages.Rewind(id, Target(target), dryRun), cancellationToken);

    public async Task<OffsetsFile> ExportOffsetsAsync(CancellationToken cancellationToken)
    {
        var group = Running();
        var rows = await group.Offsets!.ReadAllAsync(group.Key, cancellationToken).ConfigureAwait(false);
        var stored = rows.ToDictionary(row => row.VBucket, row => row.Offset);
        return new OffsetsFile(
            options.Bucket, group.Key.BucketUuid,
            Enumerable.Range(0, group.VBuckets).Select(VBucketId.From).ToDictionary(
                vbucket => vbucket, vbucket => stored.GetValueOrDefault(vbucket, StreamOffset.Beginning)));
    }

    public async Task<OperationResult> ImportOffsetsAsync(OffsetsFile offsets, bool dryRun, CancellationToken cancellationToken)
    {
        var group = Running();
        if (!string.Equals(offsets.BucketUuid, group.Key.BucketUuid, StringComparison.OrdinalIgnoreCase))
            return new OperationResult.Conflict(
                $"the offsets are those of the bucket with UUID {offsets.BucketUuid}, and the group reads {group.Key.BucketUuid}", "import what was exported from this bucket");
        if (offsets.Offsets.Keys.FirstOrDefault(vbucket => vbucket.Value >= group.VBuckets) is { Value: > 0 } unknown)
            return new OperationResult.NotFound($"the bucket has {group.VBuckets} vbuckets and no {unknown}", "import what was exported from this bucket");
        // all or none: whether each would do it is asked before any does
        var answers = await SetOffsetsAsync(group, offsets, dryRun: true, cancellationToken).ConfigureAwait(false);
        if (!dryRun && !answers.OfType<VBucketMessages.CommandRejected>().Any())
            answers = await SetOffsetsAsync(group, offsets, dryRun: false, cancellationToken).ConfigureAwait(false);
        return answers.OfType<VBucketMessages.CommandRejected>().FirstOrDefault() switch
        {
            { Kind: RejectionKind.Conflict } rejected => new OperationResult.Conflict($"vbucket {rejected.VBucket}: {rejected.Reason}", "pause the whole group, then import"),
            { } rejected => new OperationResult.Unavailable($"vbucket {rejected.VBucket}: {rejected.Reason}", "try again in a moment"),
            _ => new OperationResult.Accepted(answers.Count, Redelivered(answers)),
        };
    }

    private async Task<IReadOnlyList<VBucketMessages.IReply>> SetOffsetsAsync(
        GroupContext group, OffsetsFile offsets, bool dryRun, CancellationToken cancellationToken) =>
        await Task.WhenAll(offsets.Offsets.Select(pair => group.Region.Ask<VBucketMessages.IReply>(
            new VBucketMessages.SetOffset(pair.Key, pair.Value, dryRun), CommandTimeout, cancellationToken))).ConfigureAwait(false);

    private static long Redelivered(IEnumerable<VBucketMessages.IReply> replies) => replies.OfType<VBucketMessages.RewindAccepted>()
        .Sum(accepted => accepted.From > accepted.To ? (long)(accepted.From.Value - accepted.To.Value) : 0);

    private static VBuckets.RewindTarget Target(Http.RewindTarget target) => target switch
    {
        Http.RewindTarget.Now => VBuckets.RewindTarget.Now,
        Http.RewindTarget.At at => VBuckets.RewindTarget.To(at.Seqno),
        _ => VBuckets.RewindTarget.Beginning,
    };

    private async Task<OperationResult> CommandAsync(
        VBucketId? vbucket, Func<VBucketId, VBucketMessages.ICommand> command, CancellationToken cancellationToken)
    {
        var group = Running();
        if (vbucket is { } one && one.Value >= group.VBuckets)
            return new OperationResult.NotFound($"the bucket has {group.VBuckets} vbuckets", $"name one from 0 to {group.VBuckets - 1}");
        var targets = vbucket is { } named ? [named] : Enumerable.Range(0, group.VBuckets).Select(VBucketId.From).ToArray();
        var replies = await Task.WhenAll(targets.Select(id => group.Region.Ask<VBucketMessages.IReply>(
            command(id), CommandTimeout, cancellationToken))).ConfigureAwait(false);
        if (vbucket is not null && replies[0] is VBucketMessages.CommandRejected rejected)
        {
            return rejected.Kind == RejectionKind.Conflict
                ? new OperationResult.Conflict(rejected.Reason, "look at the vbucket's status")
                : new OperationResult.Unavailable(rejected.Reason, "try again in a moment");
        }
        return new OperationResult.Accepted(replies.Count(reply => reply is not VBucketMessages.CommandRejected), Redelivered(replies));
    }

    private GroupContext Running() =>
        state.Group ?? throw new TimeoutException($"the member does not run yet: {state.Waiting}");
}
