using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.SyncWrites;

/// <summary>The steps of the captures syncwrites-live, -cached-enabled and -disk-legacy, and what each kind of stream shows of them.</summary>
public sealed class RecordedSyncWritesTests
{
    private static readonly VBucketId Two = new(2);

    [Fact]
    public async Task Writes_that_commit_at_once_are_shown_step_by_step_to_those_who_asked_and_as_changes_to_others()
    {
        await using var producer = await StartAsync();
        await using var asked = await SyncWriteClient.StreamAsync(producer, 0, syncWrites: true);
        await using var plain = await SyncWriteClient.StreamAsync(producer, 0, syncWrites: false);
        await using var writer = await SyncWriteClient.LoginAsync(producer);

        Assert.Equal(Status.Success, (await writer.SetDurablyAsync(0, "sw4", """{"lvl":1}""", level: 1)).Status);
        Assert.Equal(["marker [0,1] 0x05", """prepare 1 sw4 rev 1 level 1 {"lvl":1}""", "marker [2,2] 0x01", "commit 2 of 1 sw4"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [0,2] 0x05", "mutation 2 sw4 rev 1"], await plain.ReadStepsAsync(2));

        await writer.SetDurablyAsync(0, "sw10", """{"lvl":2}""", level: 2);
        Assert.Equal(["marker [3,3] 0x01", """prepare 3 sw10 rev 1 level 2 {"lvl":2}""", "marker [4,4] 0x01", "commit 4 of 3 sw10"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [4,4] 0x01", "mutation 4 sw10 rev 1"], await plain.ReadStepsAsync(2));

        await writer.SetDurablyAsync(0, "sw17", """{"lvl":3}""", level: 3);
        Assert.Equal(["marker [5,5] 0x01", """prepare 5 sw17 rev 1 level 3 {"lvl":3}""", "marker [6,6] 0x01", "commit 6 of 5 sw17"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [6,6] 0x01", "mutation 6 sw17 rev 1"], await plain.ReadStepsAsync(2));

        await writer.SetDurablyAsync(0, "sw4", """{"lvl":1,"v":2}""");
        Assert.Equal(["marker [7,7] 0x05", """prepare 7 sw4 rev 2 level 1 {"lvl":1,"v":2}""", "marker [8,8] 0x01", "commit 8 of 7 sw4"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [7,8] 0x05", "mutation 8 sw4 rev 2"], await plain.ReadStepsAsync(2));

        await writer.SetAsync(0, "sw4", """{"plain":1}""");
        Assert.Equal(["marker [9,9] 0x05", "mutation 9 sw4 rev 3"], await asked.ReadStepsAsync(2));
        Assert.Equal(["marker [9,9] 0x05", "mutation 9 sw4 rev 3"], await plain.ReadStepsAsync(2));

        Assert.Equal(Status.Success, (await writer.DeleteDurablyAsync(0, "sw10")).Status);
        Assert.Equal(["marker [10,10] 0x01", "prepare 10 sw10 rev 2 level 1 deleting", "marker [11,11] 0x01", "commit 11 of 10 sw10"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [11,11] 0x01", "deletion 11 sw10 rev 2"], await plain.ReadStepsAsync(2));
    }

    [Fact]
    public async Task Writes_that_need_a_replica_wait_for_its_acknowledgement_or_are_aborted()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Find(Two).SetReplicationChain(["n_0", "n_1"]);
        await using var asked = await SyncWriteClient.StreamAsync(producer, 2, syncWrites: true);
        await using var plain = await SyncWriteClient.StreamAsync(producer, 2, syncWrites: false);
        await using var replica = await SyncWriteClient.StreamAsync(producer, 2, syncWrites: true, consumerName: "n_1");
        await using var writer = await SyncWriteClient.LoginAsync(producer);

        Assert.Equal(Status.SyncWriteAmbiguous, (await writer.SetDurablyAsync(2, "sw1", """{"abort":1}""", timeout: 300)).Status);
        Assert.Equal(["marker [0,1] 0x05", """prepare 1 sw1 rev 1 level 1 {"abort":1}""", "marker [2,2] 0x05", "abort 2 of 1 sw1"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [0,2] 0x05", "advanced 2"], await plain.ReadStepsAsync(2));
        Assert.Equal(
            ["marker2.0 [0,1] 0x05 visible 0 completed 0", """prepare 1 sw1 rev 1 level 1 {"abort":1}""", "marker2.0 [2,2] 0x05 visible 0 completed 0", "abort 2 of 1 sw1"],
            await replica.ReadStepsAsync(4));

        await writer.SetAsync(2, "sw6", """{"plain":2}""");
        Assert.Equal(["marker [3,3] 0x01", "mutation 3 sw6 rev 1"], await asked.ReadStepsAsync(2));
        Assert.Equal(["marker [3,3] 0x01", "mutation 3 sw6 rev 1"], await plain.ReadStepsAsync(2));
        Assert.Equal(["marker2.0 [3,3] 0x01 visible 3 completed 0", "mutation 3 sw6 rev 1"], await replica.ReadStepsAsync(2));

        var pending = await writer.SendAsync(Opcode.Set, 2, "sw8", """{"acked":1}""");
        Assert.Equal(["marker2.0 [4,4] 0x01 visible 3 completed 0", """prepare 4 sw8 rev 1 level 1 {"acked":1}"""], await replica.ReadStepsAsync(2));
        Assert.Equal(["marker [4,4] 0x01", """prepare 4 sw8 rev 1 level 1 {"acked":1}"""], await asked.ReadStepsAsync(2));
        await replica.SendAsync(Opcode.DcpSeqnoAcknowledged, 2, 0, RawClient.U64(4));
        Assert.Equal(Status.Success, (await writer.AnswerAsync(pending)).Status);
        Assert.Equal(["marker [5,5] 0x01", "commit 5 of 4 sw8"], await asked.ReadStepsAsync(2));
        Assert.Equal(["marker [5,5] 0x01", "mutation 5 sw8 rev 1"], await plain.ReadStepsAsync(2));
        Assert.Equal(["marker2.0 [5,5] 0x01 visible 5 completed 0", "commit 5 of 4 sw8"], await replica.ReadStepsAsync(2));

        pending = await writer.SendAsync(Opcode.Delete, 2, "sw8");
        Assert.Equal(["marker [6,6] 0x05", "prepare 6 sw8 rev 2 level 1 deleting"], await asked.ReadStepsAsync(2));
        Assert.Equal(["marker2.0 [6,6] 0x05 visible 5 completed 0", "prepare 6 sw8 rev 2 level 1 deleting"], await replica.ReadStepsAsync(2));
        await replica.SendAsync(Opcode.DcpSeqnoAcknowledged, 2, 0, RawClient.U64(6));
        Assert.Equal(Status.Success, (await writer.AnswerAsync(pending)).Status);
        Assert.Equal(["marker [7,7] 0x01", "commit 7 of 6 sw8"], await asked.ReadStepsAsync(2));
        Assert.Equal(["marker [6,7] 0x05", "deletion 7 sw8 rev 2"], await plain.ReadStepsAsync(2));

        Assert.Equal(Status.SyncWriteAmbiguous, (await writer.SetDurablyAsync(2, "sw12", """{"abort":2}""", timeout: 300)).Status);
        Assert.Equal(["marker [8,8] 0x01", """prepare 8 sw12 rev 3 level 1 {"abort":2}""", "marker [9,9] 0x05", "abort 9 of 8 sw12"], await asked.ReadStepsAsync(4));
        Assert.Equal(["marker [9,9] 0x05", "advanced 9"], await plain.ReadStepsAsync(2));
    }

    [Fact]
    public async Task From_disk_commits_are_changes_completed_prepares_are_gone_and_aborts_and_pending_prepares_are_told()
    {
        await using var producer = await StartAsync();
        await WriteAsRecordedAsync(producer);
        producer.ExpelCheckpoints(Two);

        await using var asked = await SyncWriteClient.StreamAsync(producer, 2, syncWrites: true, end: 10);
        Assert.Equal(
            [
                "marker [0,10] 0x06", "abort 2 of 1 sw1", "mutation 3 sw6 rev 1", "deletion 7 sw8 rev 2", "abort 9 of 8 sw12",
                """prepare 10 sw21 rev 3 level 1 {"pending":1}""", "end 0",
            ],
            await asked.ReadStepsAsync(7));

        await using var legacy = await SyncWriteClient.StreamAsync(producer, 2, syncWrites: false, collections: false, end: 10);
        Assert.Equal(["marker [0,7] 0x06", "mutation 3 sw6 rev 1", "deletion 7 sw8 rev 2", "end 0"], await legacy.ReadStepsAsync(4));

        await using var plain = await SyncWriteClient.StreamAsync(producer, 2, syncWrites: false, end: 10);
        Assert.Equal(["marker [0,10] 0x06", "mutation 3 sw6 rev 1", "deletion 7 sw8 rev 2", "advanced 10", "end 0"], await plain.ReadStepsAsync(5));
    }

    [Fact]
    public async Task Two_bytes_more_than_a_prepare_has_are_charged()
    {
        await using var producer = await StartAsync();
        await using var window = await RawClient.OpenDcpAsync(producer, flags: 0x25,
            controls: [("enable_sync_writes", "true"), ("connection_buffer_size", "100000")]);
        await window.StreamAsync(0);
        await using var writer = await SyncWriteClient.LoginAsync(producer);
        await writer.SetDurablyAsync(0, "pc3", """{"a":1}""");
        await window.ReadStepsAsync(4);
        var statistics = await window.StatisticsAsync("dcp");
        Assert.Equal("200", statistics.Single(statistic => statistic.Key.EndsWith(":unacked_bytes", StringComparison.Ordinal)).Value);
    }

    private static async Task WriteAsRecordedAsync(EmbeddedProducer producer)
    {
        var vbucket = producer.Bucket.Find(Two);
        vbucket.SetReplicationChain(["n_0", "n_1"]);
        await using var writer = await SyncWriteClient.LoginAsync(producer);
        await writer.SetDurablyAsync(2, "sw1", """{"abort":1}""", timeout: 1);
        await writer.SetAsync(2, "sw6", """{"plain":2}""");
        vbucket.Acknowledge("n_1", 6);
        await writer.SetDurablyAsync(2, "sw8", """{"acked":1}""");
        await writer.DeleteDurablyAsync(2, "sw8");
        await writer.SetDurablyAsync(2, "sw12", """{"abort":2}""", timeout: 1);
        await writer.SendAsync(Opcode.Set, 2, "sw21", """{"pending":1}""");
        await Wait.UntilAsync(() => producer.Bucket.HighSeqno(Two).Value == 10);
    }

    private static Task<EmbeddedProducer> StartAsync() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
}
