using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Tests.Storage;

/// <summary>What a folder keeps of a vbucket besides its documents.</summary>
public sealed class StoredCopyTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private readonly string _directory = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_replica_that_was_killed_within_a_snapshot_and_comes_back_active_branches_at_its_last_whole_one()
    {
        var producer = await StartAsync();
        producer.SetState(Zero, VBucketState.Replica);
        var copy = producer.Bucket.Find(Zero);
        Receive(copy, start: 0, end: 20, from: 1, to: 20);
        Receive(copy, start: 20, end: 40, from: 21, to: 30);
        await producer.Bucket.FlushAsync();
        await producer.CrashAsync();

        await using var again = await StartAsync();
        copy = again.Bucket.Find(Zero);
        Assert.Equal((VBucketState.Active, 30ul), (copy.State, copy.HighSeqno));
        Assert.Equal(new Seqno(20), copy.FailoverLog.Entries[0].Seqno);
    }

    [Fact]
    public async Task Values_of_every_datatype_come_back_with_their_metadata()
    {
        Datatype[] datatypes = [Datatype.Raw, Datatype.Json, Datatype.Snappy | Datatype.Json, Datatype.Xattr, Datatype.Xattr | Datatype.Json];
        var producer = await StartAsync();
        producer.SetState(Zero, VBucketState.Replica);
        var copy = producer.Bucket.Find(Zero);
        copy.ReceiveMarker(0, (ulong)datatypes.Length, MarkerFlags.Memory | MarkerFlags.Checkpoint);
        for (var i = 0; i < datatypes.Length; i++)
            copy.Receive(StoredItem.Create(Encoding.UTF8.GetBytes($"\0k{i}"), [0, 255, (byte)i], new ItemMetadata(
                (ulong)i + 1, ulong.MaxValue - (ulong)i, uint.MaxValue + 7ul, uint.MaxValue, uint.MaxValue - 1, datatypes[i], (ItemKind)(i % 3))));
        await producer.Bucket.FlushAsync();
        var before = copy.Changes().Select(Show).ToList();
        await producer.CrashAsync();

        await using var again = await StartAsync();
        Assert.Equal(datatypes.Length, before.Count);
        Assert.Equal(before, again.Bucket.Find(Zero).Changes().Select(Show));
    }

    private static void Receive(VBucket copy, ulong start, ulong end, ulong from, ulong to)
    {
        copy.ReceiveMarker(start, end, MarkerFlags.Memory | MarkerFlags.Checkpoint);
        for (var seqno = from; seqno <= to; seqno++)
            copy.Receive(StoredItem.Create(Encoding.UTF8.GetBytes($"\0k{seqno}"), "v"u8, new ItemMetadata(seqno, seqno, 1, 0, 0, Datatype.Raw, ItemKind.Mutation)));
    }

    private static string Show(StoredItem item) =>
        $"{item.Seqno} {item.Kind} {Convert.ToHexString(item.KeyAndValue)} {item.KeyLength} {item.Cas} {item.Rev} {item.Flags} {item.Expiry} {item.Datatype}";

    private Task<EmbeddedProducer> StartAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = _directory });
}
