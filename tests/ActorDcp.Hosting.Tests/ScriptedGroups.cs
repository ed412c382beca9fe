using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Hosting.Tests;

/// <summary>One group "orders" with two vbuckets whose answers a test decides.</summary>
internal sealed class ScriptedGroups : IGroupDirectory, IGroupStatusSource
{
    public IReadOnlyCollection<string> Groups => ["orders"];

    public List<string> Calls { get; } = [];

    public OperationResult Answer { get; set; } = new OperationResult.Accepted(2, 7);

    public bool IsHealthy { get; set; } = true;

    public bool Answers { get; set; } = true;

    public IGroupStatusSource? Find(string group) => group == "orders" ? this : null;

    public Task<GroupStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        !Answers ? throw new TimeoutException() : Task.FromResult(new GroupStatus(
            "orders", "travel", "f00d", true,
            [new MemberStatus("m1", "127.0.0.1:4053", "up", 2)],
            [new NodeStatus("127.0.0.1:11210", 1, 20_971_520, 331, 0, 4096, "127.0.0.1:11210 closed the connection", DateTimeOffset.UnixEpoch)],
            [new VBucketStatus(1, "m1", "streaming", null, 3, "00000000deadbeef", 18446744073709551615, 12, 11, 10, DateTimeOffset.UnixEpoch, "127.0.0.1:11210")]));

    public Task<VBucketHistory?> GetHistoryAsync(VBucketId vbucket, CancellationToken cancellationToken) =>
        Task.FromResult(vbucket.Value > 1 ? null : new VBucketHistory("orders", vbucket.Value,
            [new HistoryFact(DateTimeOffset.UnixEpoch, "rolled_back", 3, "from 12 to 10: Branch")]));

    public Task<IReadOnlyList<HealthFinding>> GetHealthAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HealthFinding>>([new HealthFinding("couchbase", IsHealthy, IsHealthy ? "connected" : "no node can be reached")]);

    public Task<OperationResult> PauseAsync(VBucketId? vbucket, CancellationToken cancellationToken) => Record($"pause {vbucket?.ToString() ?? "all"}");

    public Task<OperationResult> ResumeAsync(VBucketId? vbucket, CancellationToken cancellationToken) => Record($"resume {vbucket?.ToString() ?? "all"}");

    public Task<OperationResult> RewindAsync(VBucketId? vbucket, RewindTarget target, bool dryRun, CancellationToken cancellationToken) =>
        Record($"rewind {vbucket?.ToString() ?? "all"} {target} {dryRun}");

    public Task<OffsetsFile> ExportOffsetsAsync(CancellationToken cancellationToken) => Task.FromResult(new OffsetsFile(
        "travel", "f00d", new Dictionary<VBucketId, StreamOffset>
        {
            [new VBucketId(0)] = StreamOffset.Beginning,
            [new VBucketId(1)] = new(new VBucketUuid(0xab), new Seqno(7), new StreamSnapshot(new Seqno(5), new Seqno(9)), manifestUid: 3),
        }));

    public Task<OperationResult> ImportOffsetsAsync(OffsetsFile offsets, bool dryRun, CancellationToken cancellationToken) =>
        Record($"import {string.Join(", ", offsets.Offsets.OrderBy(pair => pair.Key).Select(pair => pair.Value))} {dryRun}");

    private Task<OperationResult> Record(string call)
    {
        Calls.Add(call);
        return Task.FromResult(Answer);
    }
}
