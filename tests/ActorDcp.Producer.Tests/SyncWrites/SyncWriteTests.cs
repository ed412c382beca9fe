using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.Dcp;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.SyncWrites;

/// <summary>What becomes of durable writes that cannot be made, that get in each other's way, and that outlive a node.</summary>
public sealed class SyncWriteTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private readonly string _directory = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(new byte[] { 0x11, 0 }, Status.DurabilityInvalidLevel)]
    [InlineData(new byte[] { 0x11, 4 }, Status.DurabilityInvalidLevel)]
    [InlineData(new byte[] { 0x12, 1, 0 }, Status.InvalidArguments)]
    [InlineData(new byte[] { 0x13, 1, 0, 0 }, Status.InvalidArguments)]
    [InlineData(new byte[] { 0x13, 1, 0xff, 0xff }, Status.InvalidArguments)]
    [InlineData(new byte[] { 0x13, 1, 0x09, 0xc4 }, Status.Success)]
    public async Task The_level_must_exist_and_the_timeout_be_one(byte[] framing, Status expected)
    {
        await using var producer = await StartAsync();
        await using var client = await SyncWriteClient.LoginAsync(producer);
        await client.SendAsync(Opcode.Set, 0, 77, new byte[8], [0, (byte)'k'], "1"u8.ToArray(), framing: framing);
        Assert.Equal(expected, (await client.ReadAsync()).Status);
    }

    [Fact]
    public async Task What_cannot_be_durable_says_so()
    {
        await using var producer = await StartAsync();
        await using var client = await SyncWriteClient.LoginAsync(producer);
        Assert.Equal(Status.InvalidArguments, (await client.AnswerAsync(await client.SendAsync(Opcode.Get, 0, "k", extras: []))).Status);
        Assert.Equal(Status.InvalidArguments, (await client.AnswerAsync(await client.SendAsync(Opcode.Touch, 0, "k", extras: new byte[4]))).Status);
    }

    [Fact]
    public async Task Without_a_majority_a_durable_write_is_impossible_and_an_ordinary_one_is_not()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", null]);
        await using var client = await SyncWriteClient.LoginAsync(producer);
        Assert.Equal(Status.DurabilityImpossible, (await client.SetDurablyAsync(0, "k", "1")).Status);
        Assert.Equal(Status.Success, (await client.SetAsync(0, "k", "1")).Status);
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1", null]);
        producer.Bucket.Find(Zero).Acknowledge("n_1", 100);
        Assert.Equal(Status.Success, (await client.SetDurablyAsync(0, "k", "2")).Status);
    }

    [Fact]
    public async Task While_a_key_is_prepared_reads_see_the_old_version_and_writes_are_told_to_wait()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1"]);
        await using var client = await SyncWriteClient.LoginAsync(producer);
        await using var other = await SyncWriteClient.LoginAsync(producer);
        await client.SetAsync(0, "k", "old");
        var pending = await client.SendAsync(Opcode.Set, 0, "k", "new");
        await Wait.UntilAsync(() => producer.Bucket.HighSeqno(Zero).Value == 2);

        Assert.Equal("old", (await other.AskAsync(Opcode.Get, key: [0, (byte)'k'])).ValueText);
        Assert.Equal(Status.SyncWriteInProgress, (await other.SetAsync(0, "k", "x")).Status);
        Assert.Equal(Status.SyncWriteInProgress, (await other.AskAsync(Opcode.Delete, key: [0, (byte)'k'])).Status);
        Assert.Equal(Status.SyncWriteInProgress, (await other.SetDurablyAsync(0, "k", "x")).Status);
        Assert.Equal(Status.Success, (await other.SetAsync(0, "another", "x")).Status);

        producer.Bucket.Find(Zero).Acknowledge("n_1", 2);
        Assert.Equal(Status.Success, (await client.AnswerAsync(pending)).Status);
        Assert.Equal("new", (await other.AskAsync(Opcode.Get, key: [0, (byte)'k'])).ValueText);
    }

    [Fact]
    public async Task The_answer_has_the_cas_and_seqno_of_the_commit_and_requests_behind_it_wait()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1"]);
        await using var client = await SyncWriteClient.LoginAsync(producer);
        var pending = await client.SendAsync(Opcode.Increment, 0, "n", extras: [.. RawClient.U64(1), .. RawClient.U64(40), .. RawClient.U32(0)]);
        await client.SendAsync(Opcode.Noop, 0, 4711);
        await Wait.UntilAsync(() => producer.Bucket.HighSeqno(Zero).Value == 1);
        producer.Bucket.Find(Zero).Acknowledge("n_1", 1);

        var first = await client.ReadAsync();
        Assert.Equal((Status.Success, pending), (first.Status, first.Header.Opaque));
        Assert.Equal(RawClient.U64(40), first.Value);
        Assert.Equal(RawClient.U64(2), first.Extras[8..]);
        Assert.Equal(producer.Bucket.Get("n")?.Cas ?? first.Header.Cas, first.Header.Cas);
        Assert.Equal(4711u, (await client.ReadAsync()).Header.Opaque);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task With_a_data_folder_every_level_is_answered_and_level_2_and_3_only_once_it_is_on_disk(byte level)
    {
        await using var producer = await StartAsync(_directory);
        await using var client = await SyncWriteClient.LoginAsync(producer);
        Assert.Equal(Status.Success, (await client.SetDurablyAsync(0, "k", "1", level)).Status);
        if (level > 1)
            Assert.True(producer.Bucket.PersistedSeqno(Zero).Value >= 1);
    }

    [Fact]
    public async Task A_prepare_outlives_a_restart_and_is_committed_once_a_majority_has_it()
    {
        await using (var producer = await StartAsync(_directory))
        {
            producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1"]);
            await using var client = await SyncWriteClient.LoginAsync(producer);
            await client.SetAsync(0, "k", "old");
            await client.SendAsync(Opcode.Set, 0, "k", "new");
            await Wait.UntilAsync(() => producer.Bucket.HighSeqno(Zero).Value == 2);
        }
        await using var again = await StartAsync(_directory);
        // alone it is a majority of one
        await Wait.UntilAsync(() => again.Bucket.HighSeqno(Zero).Value == 3);
        await again.Bucket.FlushAsync();
        await using var stream = await SyncWriteClient.StreamAsync(again, 0, syncWrites: false);
        Assert.Contains("mutation 3 k rev 2", await stream.ReadStepsAsync(2));
        await using var reader = await SyncWriteClient.LoginAsync(again);
        Assert.Equal("new", (await reader.AskAsync(Opcode.Get, key: [0, (byte)'k'])).ValueText);
    }

    [Fact]
    public async Task A_completed_prepare_is_not_found_again_after_a_restart()
    {
        await using (var producer = await StartAsync(_directory))
        {
            await using var client = await SyncWriteClient.LoginAsync(producer);
            await client.SetDurablyAsync(0, "a", "1", level: 3);
            await client.SetDurablyAsync(0, "b", "1", level: 1);
        }
        await using var again = await StartAsync(_directory);
        var vbucket = again.Bucket.Find(Zero);
        Assert.Equal((4ul, 3ul, 3ul, false), (vbucket.HighSeqno, vbucket.HighPreparedSeqno, vbucket.HighCompletedSeqno, vbucket.HasPendingSyncWrites));
        await using var stream = await SyncWriteClient.StreamAsync(again, 0, syncWrites: true, end: 4);
        Assert.Equal(["marker [0,4] 0x06", "mutation 2 a rev 1", "mutation 4 b rev 1", "end 0"], await stream.ReadStepsAsync(4));
    }

    [Fact]
    public async Task A_rollback_behind_a_commit_makes_its_prepare_pending_again()
    {
        await using var producer = await StartAsync();
        await using var client = await SyncWriteClient.LoginAsync(producer);
        await client.SetDurablyAsync(0, "k", "1");
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1"]);
        producer.Failover(Zero, new Seqno(1));
        Assert.True(producer.Bucket.Find(Zero).HasPendingSyncWrites);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, key: [0, (byte)'k'])).Status);
        producer.Bucket.Find(Zero).Acknowledge("n_1", 1);
        Assert.Equal("1", (await client.AskAsync(Opcode.Get, key: [0, (byte)'k'])).ValueText);
        Assert.Equal(new Seqno(2), producer.Bucket.HighSeqno(Zero));
    }

    [Fact]
    public async Task Who_waits_when_the_vbucket_goes_away_is_told_that_nobody_knows()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1"]);
        await using var client = await SyncWriteClient.LoginAsync(producer);
        var pending = await client.SendAsync(Opcode.Set, 0, "k", "1");
        await Wait.UntilAsync(() => producer.Bucket.HighSeqno(Zero).Value == 1);
        producer.Bucket.Find(Zero).ChangeState(VBucketState.Replica);
        Assert.Equal(Status.SyncWriteAmbiguous, (await client.AnswerAsync(pending)).Status);
    }

    [Fact]
    public async Task A_copy_takes_over_prepares_acknowledges_whole_snapshots_and_commits_them_when_promoted()
    {
        await using var producer = await StartAsync();
        var copy = producer.Bucket.Find(Zero);
        copy.ChangeState(VBucketState.Replica);
        copy.ReceiveMarker(0, 2, MarkerFlags.Memory | MarkerFlags.Checkpoint);
        copy.ReceivePrepare(Prepare("k", seqno: 1));
        Assert.Equal(0ul, copy.PreparedToAcknowledge);
        copy.ReceivePrepare(Prepare("l", seqno: 2));
        Assert.Equal(2ul, copy.PreparedToAcknowledge);
        copy.ReceiveMarker(3, 4, MarkerFlags.Memory);
        copy.ReceiveAbort([0, (byte)'l'], 2, 3);
        copy.SetReplicationChain(["n_0", "n_1"]);
        copy.Promote(takeover: false);
        await using var client = await SyncWriteClient.LoginAsync(producer);
        Assert.Equal(Status.SyncWriteReCommitInProgress, (await client.AskAsync(Opcode.Get, key: [0, (byte)'k'])).Status);
        Assert.Equal(Status.SyncWriteReCommitInProgress, (await client.SetAsync(0, "k", "x")).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, key: [0, (byte)'l'])).Status);
        copy.Acknowledge("n_1", 2);
        Assert.Equal("value", (await client.AskAsync(Opcode.Get, key: [0, (byte)'k'])).ValueText);
    }

    [Fact]
    public async Task A_prepare_whose_abort_was_left_out_from_disk_gives_way_to_the_next_of_its_key()
    {
        await using var producer = await StartAsync();
        var copy = producer.Bucket.Find(Zero);
        copy.ChangeState(VBucketState.Replica);
        copy.ReceiveMarker(0, 2, MarkerFlags.Memory | MarkerFlags.Checkpoint);
        copy.ReceivePrepare(Prepare("k", seqno: 1));
        copy.ReceivePrepare(Prepare("l", seqno: 2));
        // its sender's disk has no more of the aborts 3 and 4: both keys were prepared again, and one aborted again
        copy.ReceiveMarker(3, 6, MarkerFlags.Disk | MarkerFlags.Checkpoint);
        copy.ReceivePrepare(Prepare("k", seqno: 5, "second"));
        copy.ReceiveAbort([0, (byte)'l'], 4, 6);
        copy.Promote(takeover: true);
        copy.PumpSyncWrites();
        await using var client = await SyncWriteClient.LoginAsync(producer);
        Assert.Equal("second", (await client.AskAsync(Opcode.Get, key: [0, (byte)'k'])).ValueText);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, key: [0, (byte)'l'])).Status);
        Assert.Equal((7ul, false), (copy.HighSeqno, copy.HasPendingSyncWrites));
    }

    [Fact]
    public async Task A_prepare_whose_collection_ended_is_never_committed()
    {
        await using var producer = await StartAsync();
        var copy = producer.Bucket.Find(Zero);
        copy.ChangeState(VBucketState.Replica);
        copy.ReceiveMarker(0, 2, MarkerFlags.Memory | MarkerFlags.Checkpoint);
        copy.Receive(Event(CollectionEventKind.CollectionBegin, seqno: 1));
        copy.ReceivePrepare(Prepare("k", seqno: 2, collection: 8));
        // the abort at 3 ended with its collection, so its sender's disk leaves it out
        copy.ReceiveMarker(3, 4, MarkerFlags.Disk | MarkerFlags.Checkpoint);
        copy.Receive(Event(CollectionEventKind.CollectionEnd, seqno: 4));
        copy.Promote(takeover: true);
        copy.PumpSyncWrites();
        Assert.Equal((4ul, false), (copy.HighSeqno, copy.HasPendingSyncWrites));
    }

    private static StoredItem Event(CollectionEventKind kind, ulong seqno)
    {
        var told = new SystemEventRecord(kind, ManifestUid: seqno, ScopeId: 0, CollectionId: 8, "c");
        return StoredItem.Create(told.ToKey(), told.ToValue(), new ItemMetadata(seqno, 100 + seqno, 1, (uint)kind, 0, Datatype.Raw, ItemKind.SystemEvent));
    }

    private static SyncWriteItem Prepare(string key, ulong seqno, string value = "value", byte collection = 0) => SyncWriteItem.Prepare(
        [collection, (byte)key[0]], System.Text.Encoding.UTF8.GetBytes(value), new ItemMetadata(seqno, 100 + seqno, 1, 0, 0, Datatype.Raw, ItemKind.Prepare),
        ActorDcp.Producer.SyncWrites.DurabilityLevel.Majority, isDeletion: false);

    private static Task<EmbeddedProducer> StartAsync(string? directory = null) =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = directory });
}
