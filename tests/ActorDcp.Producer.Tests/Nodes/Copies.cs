using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer.Tests.Nodes;

/// <summary>What tests ask of several copies of a vbucket.</summary>
internal static class Copies
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>The newest version of each key of a vbucket that one node holds, in words and in order: what was replaced need not have been sent.</summary>
    public static List<string> Of(ProducerNode node, VBucketId vbucket) =>
        [.. node.Bucket.Documents(vbucket).GroupBy(change => Convert.ToHexString(change.Key.Span)).Select(versions => versions.Last()).OrderBy(change => change.Seqno).Select(Show)];

    public static string Show(RecordedChange change) => string.Create(CultureInfo.InvariantCulture,
        $"{change.Seqno} {change.Type} {Convert.ToHexString(change.Key.Span)} cas={change.Cas} rev={change.Rev} flags={change.Flags} expiry={change.Expiry} {change.Datatype} {Convert.ToHexString(change.Value.Span)}");

    /// <summary>Every copy is as the active one, seqno by seqno, and of its branch.</summary>
    public static async Task AssertSameAsync(EmbeddedProducer producer)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await producer.WaitForReplicasAsync(deadline.Token);
        for (var i = 0; i < producer.Bucket.VBucketCount; i++)
        {
            var vbucket = VBucketId.From(i);
            if (producer.NodesOf(vbucket)[0] is not { } active)
                continue;
            var expected = Of(active, vbucket);
            foreach (var replica in producer.NodesOf(vbucket).Skip(1))
            {
                if (replica is not { IsRunning: true })
                    continue;
                Assert.Equal(VBucketState.Replica, replica.StateOf(vbucket));
                Assert.Equal(active.Bucket.FailoverLog(vbucket), replica.Bucket.FailoverLog(vbucket));
                Assert.Equal(expected, Of(replica, vbucket));
            }
        }
    }

    /// <summary>Waits for a condition, no longer than the deadline.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Deadline, $"it did not happen in time: {what}");
            await pause.WaitForNextTickAsync();
        }
    }
}
