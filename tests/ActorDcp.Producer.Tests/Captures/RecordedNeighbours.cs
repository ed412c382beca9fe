using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Captures of the same area share their data with their neighbours (captures/README.md): those that tell of a branch of one vbucket.</summary>
internal static class RecordedNeighbours
{
    private static readonly Lazy<ILookup<(int VBucket, ulong Uuid), (string Capture, ulong Through)>> ByBranch = new(() =>
        Capture.Names.SelectMany(BranchesOf).ToLookup(found => (found.VBucket, found.Uuid), found => (found.Capture, found.Through)));

    /// <summary>What other captures show of a vbucket's branch.</summary>
    public static IEnumerable<StoredItem> ItemsOf(string capture, int vbucket, FailoverLog log) =>
        ByBranch.Value[(vbucket, log.NewestUuid.Value)].Where(found => found.Capture != capture)
            .SelectMany(found => RecordedHistory.Read(Capture.Load(found.Capture)).ShownItems(vbucket).Where(item => item.Seqno <= found.Through));

    /// <summary>The branches of a capture's vbuckets, each up to where the next one began.</summary>
    private static IEnumerable<(int VBucket, ulong Uuid, string Capture, ulong Through)> BranchesOf(string name)
    {
        foreach (var (vbucket, log) in RecordedHistory.Read(Capture.Load(name)).Logs)
            for (var i = 0; i < log.Entries.Length; i++)
                yield return (vbucket, log.Entries[i].Uuid.Value, name, i == 0 ? ulong.MaxValue : log.Entries[i - 1].Seqno.Value);
    }
}
