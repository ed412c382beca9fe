using System.Collections.Concurrent;
using System.Text;
using ActorDcp.VBuckets;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.VBuckets;

/// <summary>A vbucket that is read from seqno 0 again, after changes were handled that no checkpoint tells of (dcp-reference.md 4.8).</summary>
public sealed class PurgedStartTests : VBucketActorTestBase
{
    private readonly ConcurrentDictionary<string, ulong> _view = new(StringComparer.Ordinal);

    public PurgedStartTests(ITestOutputHelper output)
        : base(output) => Handling = batch =>
    {
        foreach (var change in batch)
        {
            var key = Encoding.UTF8.GetString(change.Key.Span);
            if (change.IsMutation)
                _view[key] = change.Seqno.Value;
            else if (change.IsRemoval)
                _view.TryRemove(key, out _);
        }
        return ValueTask.CompletedTask;
    };

    [Fact]
    public async Task Where_deletions_were_purged_since_the_handler_is_told_to_begin_anew_before_anything_comes()
    {
        await HandledWithoutCheckpointAsync();
        Producer.Bucket.Delete(VBucket, "gone");
        Producer.Bucket.Set(VBucket, "new", "{}"u8);
        await PurgeAsync(4);
        Undoing = _ =>
        {
            _view.Clear();
            return Task.CompletedTask;
        };

        Start();

        await UntilHandled(5);
        var told = Assert.Single(RolledBack);
        Assert.Equal((Seqno.Zero, Seqno.Zero, RollbackReason.Purge), (told.From, told.To, told.Reason));
        Assert.Equal(["kept", "last", "new"], _view.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Where_no_deletion_is_missing_it_just_comes_again()
    {
        await HandledWithoutCheckpointAsync();
        Producer.Bucket.Delete(VBucket, "gone");
        Producer.Bucket.Set(VBucket, "new", "{}"u8);
        await PurgeAsync(0);

        Start();

        await UntilHandled(5);
        Assert.Empty(RolledBack);
        Assert.Equal(["kept", "last", "new"], _view.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_still_in_memory_has_every_deletion()
    {
        await HandledWithoutCheckpointAsync();
        Producer.Bucket.Delete(VBucket, "gone");

        Start();

        await UntilHandled(4);
        Assert.Empty(RolledBack);
        Assert.Equal(["kept", "last"], _view.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_first_reader_of_a_purged_vbucket_has_nothing_to_forget_however_often_it_connects()
    {
        Producer.Bucket.Set(VBucket, "gone", "{}"u8);
        Producer.Bucket.Delete(VBucket, "gone");
        Producer.Bucket.Set(VBucket, "kept", "{}"u8);
        await PurgeAsync(2);
        Producer.StallDelivery();
        Start();
        await UntilPhase(VBucketPhase.Streaming);
        Producer.DropConnections();
        Producer.ResumeDelivery();

        await UntilHandled(3);

        Assert.Empty(RolledBack);
        Assert.Equal(["kept"], _view.Keys);
    }

    private async Task HandledWithoutCheckpointAsync()
    {
        foreach (var key in (string[])["kept", "gone", "last"])
            Producer.Bucket.Set(VBucket, key, "{}"u8);
        var owner = Start();
        await UntilHandled(3);
        Watch(owner);
        Sys.Stop(owner);
        await ExpectTerminatedAsync(owner, Deadline);
    }

    /// <summary>Leaves nothing in memory, so that what follows comes from disk.</summary>
    private async Task PurgeAsync(ulong through)
    {
        await Producer.Bucket.FlushAsync();
        if (through > 0)
            Assert.Equal(1, Producer.PurgeTombstones(VBucket, new Seqno(through)));
        Producer.ExpelCheckpoints(VBucket);
    }
}
