using ActorDcp.EndToEnd.Tests.Kill;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using ActorDcp.Producer;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.EndToEnd.Tests.Failover;

/// <summary>The producer loses its newest changes and begins a new branch: handlers hear of it, and end with what the producer has.</summary>
public sealed class FailoverTests
{
    private const int VBuckets = 8;

    /// <summary>The last two keep their history.</summary>
    private const int Affected = 6;

    [Fact]
    public async Task Under_a_running_member_every_affected_vbucket_goes_back_and_ends_with_the_producers_documents()
    {
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var book = new StateBook();
        Write(producer, "first", 40);
        await using var member = await StartMemberAsync(producer, folder, book);
        await member.CaughtUpAsync(producer);
        // what is lost: new documents, newer versions of old ones, and a deletion
        Write(producer, "second", 10);
        Write(producer, "first", 8);
        Delete(producer, "first-20");
        await member.CaughtUpAsync(producer);
        var before = High(producer);
        await SameAsync(producer, book);

        for (var vbucket = 0; vbucket < Affected; vbucket++)
            producer.LoseNewest(VBucketId.From(vbucket), 15);
        var branches = High(producer);
        Write(producer, "third", 30);

        await SameAsync(producer, book);
        Assert.Equal(Enumerable.Range(0, Affected), book.Rollbacks.Select(rollback => (int)rollback.VBucket.Value).Order());
        Assert.All(book.Rollbacks, rollback =>
        {
            Assert.Equal(RollbackReason.Branch, rollback.Reason);
            Assert.Equal(before[rollback.VBucket.Value], rollback.From);
            Assert.True(rollback.To <= branches[rollback.VBucket.Value], $"{rollback} goes back less than to the branch at {branches[rollback.VBucket.Value]}");
            Assert.Equal(FirstKeptAbove(producer, rollback.VBucket, rollback.To), book.FirstAfterRollback[rollback.VBucket]);
        });
    }

    [Fact]
    public async Task A_second_failover_of_the_same_vbucket_is_heard_as_well()
    {
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var book = new StateBook();
        await using var member = await StartMemberAsync(producer, folder, book);
        for (var round = 0; round < 3; round++)
        {
            Write(producer, $"round-{round}", 20);
            await SameAsync(producer, book);
            producer.LoseNewest(VBucketId.From(0), 7);
            Write(producer, $"after-{round}", 3);
            await SameAsync(producer, book);
        }

        Assert.Equal(3, book.Rollbacks.Count);
        Assert.All(book.Rollbacks, rollback => Assert.Equal(RollbackReason.Branch, rollback.Reason));
    }

    [Fact]
    public async Task While_the_member_is_down_what_it_handled_above_its_last_checkpoint_is_taken_back()
    {
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var book = new StateBook();
        Seqno[] checkpoints;
        Write(producer, "first", 40);
        ForgettingStore? store = null;
        await using (var member = await StartMemberAsync(producer, folder, book, inner => store = new ForgettingStore(inner)))
        {
            await member.CaughtUpAsync(producer);
            checkpoints = High(producer);
            await CheckpointedAsync(member, checkpoints);
            // as after a crash: nothing of what follows is ever saved
            store!.ForgetFromNowOn();
            Write(producer, "second", 10);
            await member.CaughtUpAsync(producer);
        }
        Assert.Empty(book.Rollbacks);

        // the branch begins above the checkpoint, so the producer has nothing against going on from there
        for (var vbucket = 0; vbucket < Affected; vbucket++)
            producer.LoseNewest(VBucketId.From(vbucket), 5);
        Write(producer, "third", 3);
        await using var next = await StartMemberAsync(producer, folder, book);

        await SameAsync(producer, book);
        Assert.Equal(Enumerable.Range(0, Affected), book.Rollbacks.Select(rollback => (int)rollback.VBucket.Value).Order());
        Assert.All(book.Rollbacks, rollback =>
        {
            Assert.Equal(RollbackReason.Branch, rollback.Reason);
            Assert.Equal(checkpoints[rollback.VBucket.Value], rollback.To);
            Assert.Equal(checkpoints[rollback.VBucket.Value].Value + 1, book.FirstAfterRollback[rollback.VBucket].Value);
        });
    }

    [Fact]
    public async Task While_a_member_that_never_saved_is_down_what_it_handled_is_taken_back()
    {
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var book = new StateBook();
        Write(producer, "first", 20);
        await using (var member = await StartMemberAsync(producer, folder, book, inner =>
        {
            var forgets = new ForgettingStore(inner);
            forgets.ForgetFromNowOn();
            return forgets;
        }))
        {
            await member.CaughtUpAsync(producer);
        }

        for (var vbucket = 0; vbucket < Affected; vbucket++)
            producer.LoseNewest(VBucketId.From(vbucket), 5);
        Write(producer, "second", 3);
        await using var next = await StartMemberAsync(producer, folder, book);

        await SameAsync(producer, book);
        Assert.Equal(Enumerable.Range(0, Affected), book.Rollbacks.Select(rollback => (int)rollback.VBucket.Value).Order());
        Assert.All(book.Rollbacks, rollback => Assert.Equal(Seqno.Zero, rollback.To));
    }

    private static Task<EmbeddedProducer> StartProducerAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = VBuckets, KeepHistory = true });

    private static Task<TestMember> StartMemberAsync(
        EmbeddedProducer producer, TestFolder folder, StateBook book, Func<IOffsetStore, IOffsetStore>? store = null) =>
        TestMember.StartAsync(
            producer, folder.Path,
            builder =>
            {
                builder.Services.AddSingleton(book);
                builder.Services.AddSingleton<OffsetStoreFactory>(database =>
                {
                    var inner = new SqlOffsetStore(database);
                    return store?.Invoke(inner) ?? inner;
                });
                builder.AddHandler<BookedStates>();
            },
            ("ActorDcp:Checkpoint:Interval", "200ms"));

    /// <summary>So many documents in each vbucket; each write has another body.</summary>
    private static void Write(EmbeddedProducer producer, string name, int count)
    {
        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
            for (var i = 0; i < count; i++)
                producer.Bucket.Set(VBucketId.From(vbucket), $"{name}-{i}", Guid.NewGuid().ToByteArray());
    }

    private static void Delete(EmbeddedProducer producer, string key)
    {
        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
            producer.Bucket.Delete(VBucketId.From(vbucket), key);
    }

    private static Seqno[] High(EmbeddedProducer producer) =>
        [.. Enumerable.Range(0, VBuckets).Select(vbucket => producer.Bucket.HighSeqno(VBucketId.From(vbucket)))];

    /// <summary>Where delivery has to go on: versions that a later one replaced are not kept.</summary>
    private static Seqno FirstKeptAbove(EmbeddedProducer producer, VBucketId vbucket, Seqno seqno) =>
        producer.Bucket.History(vbucket).GroupBy(change => change.KeyText).Select(versions => versions.Max(change => change.Seqno))
            .Where(kept => kept > seqno).Min();

    private static Task SameAsync(EmbeddedProducer producer, StateBook book)
    {
        IReadOnlyList<string> differences = [];
        return Eventually.TrueAsync(
            () =>
            {
                differences = book.DifferencesFrom(producer);
                return differences.Count == 0;
            },
            () => string.Join(Environment.NewLine, differences.Take(20)));
    }

    private static Task CheckpointedAsync(TestMember member, Seqno[] seqnos) => Eventually.TrueAsync(
        async () => (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.All(row => row.Checkpointed >= seqnos[row.Vb].Value),
        () => "not all positions are saved");
}
