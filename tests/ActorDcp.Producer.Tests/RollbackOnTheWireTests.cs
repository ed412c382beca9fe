using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class RollbackOnTheWireTests
{
    private const ulong ForeignUuid = 0xdeadbeef;

    [Fact]
    public async Task A_running_producer_answers_every_recorded_request_as_the_real_server_did()
    {
        var recorded = RecordedDecisions.Load();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        foreach (var (number, vbucket) in recorded.VBuckets)
            Rebuild(producer, VBucketId.From(number), vbucket);
        await using var client = await RawClient.OpenDcpAsync(producer);

        var asked = 0;
        // requests for a filter of a collection of its own, or with a key that the recorded server did not know, cannot be repeated
        foreach (var request in recorded.Requests.Where(request => request.Value.Length == 0))
        {
            var uuid = Translate(producer, recorded, request);
            var answer = await client.StreamAsync(
                (ushort)request.VBucket, request.Start, request.Start, uuid, request.SnapshotStart, request.SnapshotEnd, request.Flags);
            Assert.True((Status)request.Status == answer.Status, $"{request}: {answer.Status}");
            if (answer.Status == Status.Rollback)
                Assert.Equal(request.Rollback, BinaryPrimitives.ReadUInt64BigEndian(answer.Value));
            if (answer.Status == Status.Success)
                Assert.Equal("end 0", (await client.ReadAsync()).ToString());
            asked++;
        }
        Assert.True(asked > 450, $"{asked} asked");
    }

    [Fact]
    public async Task A_presented_purge_seqno_makes_a_request_behind_it_acceptable()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        var vbucket = new VBucketId(0);
        Write(producer, vbucket, 9);
        producer.Bucket.Delete(vbucket, "key1");
        Write(producer, vbucket, 20);
        Assert.Equal(1, producer.PurgeTombstones(vbucket, new Seqno(15)));
        Assert.Equal(new Seqno(10), producer.Bucket.PurgeSeqno(vbucket));
        var uuid = producer.Bucket.FailoverLog(vbucket).NewestUuid.Value;
        await using var client = await RawClient.OpenDcpAsync(producer);

        var refused = await client.StreamAsync(0, 5, 5, uuid);
        Assert.Equal(Status.Rollback, refused.Status);
        Assert.Equal(new byte[8], refused.Value);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, 5, 5, uuid, value: """{"purge_seqno":"10"}""")).Status);
    }

    private static void Rebuild(EmbeddedProducer producer, VBucketId id, RecordedVBucket recorded)
    {
        foreach (var entry in recorded.Log.Entries.Reverse().Skip(1))
        {
            WriteTo(producer, id, entry.Seqno.Value, recorded.PurgeSeqno);
            producer.Failover(id, entry.Seqno);
        }
        WriteTo(producer, id, recorded.HighSeqno, recorded.PurgeSeqno);
        producer.PurgeTombstones(id, new Seqno(recorded.PurgeSeqno));
        Assert.Equal(recorded.PurgeSeqno, producer.Bucket.PurgeSeqno(id).Value);
        Assert.Equal(recorded.Log.Entries.Select(entry => entry.Seqno), producer.Bucket.FailoverLog(id).Entries.Select(entry => entry.Seqno));
    }

    /// <summary>Writes until a seqno is reached; the change at the purge seqno is a deletion.</summary>
    private static void WriteTo(EmbeddedProducer producer, VBucketId id, ulong seqno, ulong deletion)
    {
        for (var next = producer.Bucket.HighSeqno(id).Value + 1; next <= seqno; next++)
            if (next == deletion)
                producer.Bucket.Delete(id, "key1");
            else
                producer.Bucket.Set(id, $"key{next}", "v"u8);
    }

    private static void Write(EmbeddedProducer producer, VBucketId id, int count)
    {
        for (var i = 0; i < count; i++)
            producer.Bucket.Set(id, $"key{producer.Bucket.HighSeqno(id).Value + 1}", "v"u8);
    }

    private static ulong Translate(EmbeddedProducer producer, RecordedDecisions recorded, RecordedRequest request)
    {
        if (request.Uuid is 0 or ForeignUuid)
            return request.Uuid;
        var entries = recorded.VBuckets[request.VBucket].Log.Entries;
        for (var i = 0; i < entries.Length; i++)
            if (entries[i].Uuid.Value == request.Uuid)
                return producer.Bucket.FailoverLog(VBucketId.From(request.VBucket)).Entries[i].Uuid.Value;
        return request.Uuid;
    }
}
