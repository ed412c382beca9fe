using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class DataDirectoryTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private readonly string _directory = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task After_a_clean_stop_everything_is_there_and_no_branch_was_begun()
    {
        string uuid;
        FailoverLog log;
        IReadOnlyList<RecordedChange> before;
        await using (var producer = await StartAsync())
        {
            uuid = producer.Bucket.Uuid;
            producer.Bucket.Set("a", "1"u8, flags: 5);
            producer.Bucket.Set("b", """{"b":1}"""u8, expiry: (uint)DateTimeOffset.UtcNow.AddDays(90).ToUnixTimeSeconds());
            producer.Bucket.Set("a", "2"u8);
            producer.Bucket.Set("c", "3"u8);
            producer.Bucket.Delete("c");
            producer.Failover(Zero, producer.Bucket.HighSeqno(Zero));
            log = producer.Bucket.FailoverLog(Zero);
            before = producer.Bucket.Documents(Zero);
        }
        await using (var producer = await StartAsync())
        {
            Assert.Equal(uuid, producer.Bucket.Uuid);
            Assert.Equal(log, producer.Bucket.FailoverLog(Zero));
            Assert.Equal(new Seqno(5), producer.Bucket.HighSeqno(Zero));
            Assert.Equal(before.Select(Show), producer.Bucket.Documents(Zero).Select(Show));
            await using var client = await RawClient.OpenDcpAsync(producer);
            await client.StreamAsync(0);
            Assert.Equal(["marker [0,5] 0x06", "mutation 2 \0b", "mutation 3 \0a", "deletion 5 \0c"], await client.ReadTextsAsync(4));
            Assert.Equal(6ul, producer.Bucket.Set("d", "4").Seqno.Value);
            Assert.Equal(["marker [6,6] 0x05", "mutation 6 \0d"], await client.ReadTextsAsync(2));
        }
    }

    [Fact]
    public async Task After_a_crash_what_was_flushed_is_there_and_a_branch_begins_at_the_persisted_seqno()
    {
        FailoverLog log;
        var producer = await StartAsync();
        for (var i = 1; i <= 100; i++)
            producer.Bucket.Set($"k{i}", "v");
        await producer.Bucket.FlushAsync();
        Assert.Equal(new Seqno(100), producer.Bucket.PersistedSeqno(Zero));
        log = producer.Bucket.FailoverLog(Zero);
        await producer.CrashAsync();

        await using var again = await StartAsync();
        Assert.Equal(new Seqno(100), again.Bucket.HighSeqno(Zero));
        Assert.Equal(100, again.Bucket.DocumentCount);
        var entries = again.Bucket.FailoverLog(Zero).Entries;
        Assert.Equal(new Seqno(100), entries[0].Seqno);
        Assert.Equal(log.Entries, entries.Skip(1));
        await using var client = await RawClient.OpenDcpAsync(again);
        var answer = await client.StreamAsync(0, start: 110, uuid: log.NewestUuid.Value);
        Assert.Equal((Status.Rollback, 100), (answer.Status, answer.Value[7]));
    }

    [Fact]
    public async Task A_truncated_branch_is_truncated_on_disk_and_older_versions_are_back()
    {
        await using (var producer = await StartAsync())
        {
            producer.Bucket.Set("a", "first");
            await producer.Bucket.FlushAsync();
            producer.Bucket.Set("a", "second");
            producer.Bucket.Set("b", "lost");
            await producer.Bucket.FlushAsync();
            producer.LoseNewest(Zero, 2);
            producer.Bucket.Set("c", "new");
        }
        await using (var producer = await StartAsync())
        {
            Assert.Equal(["1 a first", "2 c new"],
                producer.Bucket.Documents(Zero).Select(change => $"{change.Seqno} {change.KeyText} {System.Text.Encoding.UTF8.GetString(change.Value.Span)}"));
            Assert.Equal(2, producer.Bucket.FailoverLog(Zero).Entries.Length);
        }
    }

    [Fact]
    public async Task Purged_tombstones_stay_purged()
    {
        await using (var producer = await StartAsync())
        {
            producer.Bucket.Set("a", "1");
            producer.Bucket.Delete("a");
            producer.Bucket.Set("b", "1");
            producer.PurgeTombstones(Zero, new Seqno(2));
        }
        await using (var producer = await StartAsync())
        {
            Assert.Equal(new Seqno(2), producer.Bucket.PurgeSeqno(Zero));
            Assert.Equal(["b"], producer.Bucket.Documents(Zero).Select(change => change.KeyText));
            Assert.Equal(3ul, producer.Bucket.Get("b")!.Seqno.Value);
        }
    }

    [Fact]
    public async Task A_folder_of_another_shape_is_refused_with_what_to_do()
    {
        await using (await StartAsync())
        {
        }
        var refused = await Assert.ThrowsAsync<IOException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2, DataDirectory = _directory }));
        Assert.Contains("holds a bucket of 1 vbuckets", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_use_is_refused()
    {
        await using var producer = await StartAsync();
        var refused = await Assert.ThrowsAsync<IOException>(() => StartAsync());
        Assert.Contains("another producer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_said_and_not_served()
    {
        await using (var producer = await StartAsync())
            producer.Bucket.Load(2_000);
        var file = Path.Combine(_directory, "bucket.db");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes.AsSpan(bytes.Length / 2, 8192).Fill(0x5a);
        await File.WriteAllBytesAsync(file, bytes);
        await Assert.ThrowsAsync<IOException>(() => StartAsync());
    }

    private static string Show(RecordedChange change) =>
        $"{change.Seqno} {change.Type} {change.KeyText} {Convert.ToHexString(change.Value.Span)} {change.Cas} {change.Rev} {change.Flags} {change.Expiry} {change.Datatype}";

    private Task<EmbeddedProducer> StartAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = _directory });
}
