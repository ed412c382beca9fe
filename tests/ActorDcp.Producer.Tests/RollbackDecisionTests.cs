using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests;

public sealed class RollbackDecisionTests
{
    /// <summary>The table of dcp-reference.md 4.3. Uuids: A, B, C of the log, F foreign, - none. An answer of -1 is "accept".</summary>
    public static TheoryData<string, ulong, char, ulong, ulong, bool, ulong, ulong, ulong?, long> Vectors => new()
    {
        { "fresh", 0, '-', 0, 0, false, 0, 0, null, -1 },
        { "start 0, foreign uuid, not strict", 0, 'F', 0, 0, false, 0, 0, null, -1 },
        { "start 0, foreign uuid, strict", 0, 'F', 0, 0, true, 0, 0, null, 0 },
        { "start 0, uuid 0, strict", 0, '-', 0, 0, true, 0, 0, null, -1 },
        { "newest branch, whole snapshot", 900, 'C', 850, 900, false, 0, 0, null, -1 },
        { "newest branch, at high", 1000, 'C', 1000, 1000, false, 0, 0, null, -1 },
        { "newest branch, beyond high, complete", 1010, 'C', 1001, 1010, false, 0, 0, null, 1000 },
        { "newest branch, mid-snapshot reaching past high", 995, 'C', 990, 1010, false, 0, 0, null, 990 },
        { "newest branch, marker only, nothing received", 990, 'C', 990, 1010, false, 0, 0, null, -1 },
        { "old branch, below its end", 150, 'A', 100, 200, false, 0, 0, null, -1 },
        { "old branch, snapshot straddles its end", 190, 'A', 180, 220, false, 0, 0, null, 180 },
        { "old branch, complete snapshot past its end", 220, 'A', 180, 220, false, 0, 0, null, 200 },
        { "old branch, wholly past its end", 240, 'A', 230, 250, false, 0, 0, null, 200 },
        { "middle branch, straddles 500", 480, 'B', 450, 520, false, 0, 0, null, 450 },
        { "middle branch, at 500 exactly", 500, 'B', 500, 500, false, 0, 0, null, -1 },
        { "unknown uuid", 300, 'F', 300, 300, false, 0, 0, null, 0 },
        { "behind purge", 300, 'C', 300, 300, false, 400, 0, null, 0 },
        { "behind purge, same purge seqno presented", 300, 'C', 300, 300, false, 400, 400, null, -1 },
        { "behind purge, unknown uuid, start>0", 300, 'F', 300, 300, false, 400, 0, null, 0 },
        { "equal to purge", 400, 'C', 400, 400, false, 400, 0, null, -1 },
        { "behind purge, collections already complete", 300, 'C', 300, 300, false, 400, 0, 250, -1 },
        { "behind purge, collection has newer items", 300, 'C', 300, 300, false, 400, 0, 350, 0 },
        { "snapStart below purge, start above", 450, 'C', 300, 450, false, 400, 0, null, -1 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Vectors_of_the_reference_are_decided_as_written(
        string name, ulong start, char uuid, ulong snapshotStart, ulong snapshotEnd, bool strict, ulong purge, ulong presented,
        ulong? filterHigh, long answer)
    {
        var decision = RollbackDecision.Decide(new RollbackQuestion
        {
            Start = start,
            Uuid = UuidOf(uuid),
            SnapshotStart = snapshotStart,
            SnapshotEnd = snapshotEnd,
            StrictUuid = strict,
            PurgeSeqno = purge,
            PresentedPurgeSeqno = presented,
            FilterHighSeqno = filterHigh,
            HighSeqno = 1000,
            FailoverLog = new FailoverLog(
            [
                new(new(UuidOf('C')), new(500)), new(new(UuidOf('B')), new(200)), new(new(UuidOf('A')), new(0)),
            ]),
        });
        var decided = decision.RollbackTo is { } seqno ? (long)seqno.Value : -1;
        Assert.True(answer == decided, $"{name}: {decided}");
    }

    [Fact]
    public void Every_recorded_answer_of_the_real_server_is_decided_the_same()
    {
        var recorded = RecordedDecisions.Load();
        Assert.True(recorded.Requests.Count > 450, $"only {recorded.Requests.Count} recorded requests");
        foreach (var request in recorded.Requests.Where(request => request.Status is 0 or 35))
        {
            var vbucket = recorded.VBuckets[request.VBucket];
            var decision = RollbackDecision.Decide(new RollbackQuestion
            {
                Start = request.Start,
                Uuid = request.Uuid,
                SnapshotStart = request.SnapshotStart,
                SnapshotEnd = request.SnapshotEnd,
                StrictUuid = (request.Flags & 0x20) != 0,
                IgnorePurgedTombstones = (request.Flags & 0x80) != 0,
                FailoverLog = vbucket.Log,
                HighSeqno = vbucket.HighSeqno,
                PurgeSeqno = vbucket.PurgeSeqno,
                FilterHighSeqno = request.CollectionHigh,
            });
            Assert.True(request.Rollback == decision.RollbackTo?.Value, $"{request}: {decision}");
        }
    }

    private static ulong UuidOf(char name) => name == '-' ? 0ul : name;
}
