using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Captures of the same area share their data with their neighbours (captures/README.md): those that tell of a branch of one vbucket.</summary>
internal static class RecordedNeighbours
{
    private static readonly Lazy<ILookup<(int VBucket, ulong Uuid), string>> ByBranch = new(() =>
        Capture.Names.SelectMany(name => RecordedHistory.Read(Capture.Load(name)).Logs.Select(log => (log.Key, log.Value.NewestUuid.Value, name)))
            .ToLookup(found => (found.Key, found.Value), found => found.name));

    /// <summary>What other captures show of a vbucket's branch.</summary>
    public static IEnumerable<StoredItem> ItemsOf(string capture, int vbucket, FailoverLog log) =>
        ByBranch.Value[(vbucket, log.NewestUuid.Value)].Where(name => name != capture)
            .SelectMany(name => RecordedHistory.Read(Capture.Load(name)).ShownItems(vbucket));
}
