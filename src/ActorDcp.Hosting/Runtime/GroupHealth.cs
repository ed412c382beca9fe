using ActorDcp.Hosting.Http;
using ActorDcp.VBuckets;

namespace ActorDcp.Hosting.Runtime;

/// <summary>What this member finds about its own work, for readiness. Couchbase or the database away makes it unready, never dead.</summary>
internal static class GroupHealth
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<HealthFinding> Find(MemberState state, TimeProvider time)
    {
        if (state.Group is not { } group)
            return [new HealthFinding("member", false, state.Waiting ?? "starting")];
        var findings = new List<HealthFinding> { new("member", true, "takes part in the group") };
        foreach (var (node, entry) in group.ConnectionBoard.Entries)
            findings.Add(new HealthFinding($"node {node}", entry.Connection is not null, entry.Connection is null ? entry.LastFailure?.Reason ?? "not connected" : "connected"));
        findings.Add(new HealthFinding("delivery", group.Gate.IsOpen, group.Gate.IsOpen ? "open" : "held until epochs and checkpoints are in order"));
        foreach (var row in group.Board.Rows)
            if (Trouble(row, group.HighSeqnos[row.VBucket], time.GetUtcNow()) is { } trouble)
                findings.Add(new HealthFinding($"vbucket {row.VBucket}", false, trouble));
        return findings;
    }

    private static string? Trouble(VBucketRow row, Seqno high, DateTimeOffset now)
    {
        if (row.Phase is VBucketPhase.Failed or VBucketPhase.Paused)
            return $"{row.Phase}: {row.Reason}";
        if (row.Progress is not { } progress)
            return null;
        var sample = progress.Progress.Sample();
        var silent = now - sample.LastProgressAt;
        return high > sample.Handled.Seqno && silent > Limit
            ? $"{row.Phase}: {high.Value - sample.Handled.Seqno.Value} changes wait and none was handled for {silent.TotalSeconds:0} s"
            : null;
    }
}
