using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>What the model allows a copy to send, and what turns it red: a copy fed by hand, read over the wire.</summary>
public sealed class ClusterReaderTests : IAsyncLifetime
{
    private const uint Now = 1_700_000_000;
    private readonly VBucketHistory _history = new() { Id = VBucketId.From(0) };
    private readonly VBucket _active = new(VBucketId.From(0), new BucketSettings { Name = "active", VBuckets = 1, RewindableChanges = 0, Time = TimeProvider.System });
    private EmbeddedProducer? _producer;
    private VBucket? _copy;
    private ClusterReader? _reader;

    private VBucket Copy => _copy!;

    private ClusterReader Reader => _reader!;

    public async Task InitializeAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        _copy = _producer.Bucket.Find(_history.Id);
        _copy.ChangeState(VBucketState.Replica);
        var watch = new BranchWatch(_copy);
        _reader = new ClusterReader(_history, 0, () => true, _ => watch);
        _history.Follow(_active, Now);
        Write("a1", "a2", "a3", "a4");
        Feed(1, 4);
        await ReadAsync(4);
    }

    public async Task DisposeAsync()
    {
        await Reader.DisposeAsync();
        await _producer!.DisposeAsync();
    }

    [Fact]
    public async Task What_came_on_the_branch_between_is_right_even_if_the_copy_has_left_it()
    {
        await GoOverToTheBranchBetweenAsync();
        BranchOff(5);
        Write("c6", "c7", "c8");
        Assert.Equal(5ul, Copy.RollBackTo(5));
        Feed(6, 8);
        // what the copy sent before it went back, and then that the stream ends
        await ReadAsync(8);
        Assert.Equal((7ul, 1, 0), (Reader.Position, Reader.BranchChanges, Reader.Undecided));
        await ReadAsync(8);
        Assert.Equal((8ul, 1, 0), (Reader.Position, Reader.Rollbacks, Reader.Undecided));
    }

    [Fact]
    public async Task A_branch_that_goes_over_into_the_next_is_followed_under_an_open_stream()
    {
        await GoOverToTheBranchBetweenAsync();
        BranchOff(7);
        Write("c8");
        Feed(8, 8);
        await ReadAsync(8);
        Assert.Equal((8ul, 2, 0), (Reader.Position, Reader.BranchChanges, Reader.Rollbacks));
    }

    [Fact]
    public async Task What_was_replaced_before_the_model_looked_is_learned_from_the_copy_that_sent_it()
    {
        var replaced = ReplaceUnseen("b5");
        Copy.ReceiveMarker(5, 5, MarkerFlags.Memory);
        Copy.Receive(CopyOf(replaced));
        await ReadAsync(5);
        Feed(6, 6);
        await ReadAsync(6);
        Assert.Equal((6ul, 0), (Reader.Position, Reader.Undecided));
    }

    [Fact]
    public async Task What_nobody_sent_turns_it_red_even_if_it_would_have_been_replaced()
    {
        ReplaceUnseen("b5");
        Copy.ReceiveMarker(5, 5, MarkerFlags.Memory);
        Copy.Receive(StoredItem.Create(KeyOf("k"), "x5"u8, new ItemMetadata(5, 5, 1, 0, 0, default, ItemKind.Mutation)));
        await AssertRedAsync(5, "of which nobody knows");
    }

    [Fact]
    public async Task A_change_of_a_branch_that_the_copy_never_had_turns_it_red()
    {
        BranchOff(4);
        Write("b5");
        var foreign = _active.LogAfter(4)[0];
        BranchOff(4);
        Write("c5");
        Copy.ReceiveLog(_active.FailoverLog);
        Copy.ReceiveMarker(5, 5, MarkerFlags.Memory);
        Copy.Receive(CopyOf(foreign));
        await AssertRedAsync(5, "'b5' instead of 5 Stored 0:k5=c5");
    }

    [Fact]
    public async Task A_change_of_a_branch_that_the_copy_has_left_turns_it_red()
    {
        await GoOverToTheBranchBetweenAsync();
        await ReadAsync(7);
        var left = _active.LogAfter(5)[0];
        BranchOff(5);
        Write("c6");
        Copy.RollBackTo(5);
        Copy.ReceiveLog(_active.FailoverLog);
        Copy.ReceiveMarker(6, 6, MarkerFlags.Memory);
        Copy.Receive(CopyOf(left));
        // first it is told that its stream ends
        await ReadAsync(8);
        await AssertRedAsync(6, "'b6' instead of 6 Stored 0:k6=c6");
    }

    [Fact]
    public async Task A_change_lost_as_the_copy_was_taken_over_turns_it_red()
    {
        BranchOff(4);
        Write("b5", "b6", "b7");
        Copy.ReceiveLog(_active.FailoverLog);
        Copy.ReceiveMarker(5, 7, MarkerFlags.Memory);
        Copy.Receive(CopyOf(_active.LogAfter(4)[0]));
        Copy.Receive(CopyOf(_active.LogAfter(6)[0]));
        await AssertRedAsync(7, "has 0:k6= instead of 6 Stored 0:k6=b6");
    }

    [Fact]
    public async Task A_branch_that_a_copy_takes_over_though_it_has_more_than_they_share_turns_it_red()
    {
        await GoOverToTheBranchBetweenAsync();
        BranchOff(5);
        Write("c6", "c7", "c8");
        Feed(8, 8);
        await AssertRedAsync(8, "at seqno 7, but they share only 5");
    }

    /// <summary>The copy has 5, 6 and 7 on its second branch and has sent them; the reader has not taken them yet.</summary>
    private async Task GoOverToTheBranchBetweenAsync()
    {
        BranchOff(4);
        Write("b5", "b6", "b7");
        Feed(5, 5);
        Feed(6, 7);
        await Nodes.Copies.UntilAsync(() => LastSent() == 7, "the copy to send what it has");
    }

    private ulong LastSent()
    {
        var connection = _producer!.Nodes[0].Services!.Connections.All.Single(one => one.Dcp is not null);
        lock (connection.Gate)
            return connection.Dcp!.Look().Streams.Single().LastSentSeqno;
    }

    private void BranchOff(ulong seqno)
    {
        _active.Failover(seqno);
        _history.Follow(_active, Now, BranchRule.Begins);
    }

    /// <summary>Each under the key <c>k</c> and its seqno.</summary>
    private void Write(params string[] values)
    {
        foreach (var value in values)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"k{_active.HighSeqno + 1}");
            _history.Send($"0:{key}", value);
            _active.Store(new StoreRequest { Mode = StoreMode.Set, Key = [0, .. Encoding.UTF8.GetBytes(key)], Value = Encoding.UTF8.GetBytes(value) });
            _history.Follow(_active, Now);
        }
    }

    /// <summary>Writes a document twice and compacts before the model looks. Returns the first of the two.</summary>
    private StoredItem ReplaceUnseen(string first)
    {
        foreach (var value in (string[])[first, "b6"])
        {
            _history.Send("0:k", value);
            _active.Store(new StoreRequest { Mode = StoreMode.Set, Key = KeyOf("k"), Value = Encoding.UTF8.GetBytes(value) });
        }
        var replaced = _active.LogAfter(4)[0];
        Assert.Equal(1, _active.Compact());
        _history.Follow(_active, Now);
        return replaced;
    }

    private static byte[] KeyOf(string key) => [0, .. Encoding.UTF8.GetBytes(key)];

    private void Feed(ulong from, ulong to)
    {
        Copy.ReceiveLog(_active.FailoverLog);
        Copy.ReceiveMarker(from, to, MarkerFlags.Memory);
        foreach (var item in _active.LogAfter(from - 1).TakeWhile(item => item.Seqno <= to))
            Copy.Receive(CopyOf(item));
    }

    private static StoredItem CopyOf(StoredItem item) => StoredItem.Create(
        item.Key, item.Value, new ItemMetadata(item.Seqno, item.Cas, item.Rev, item.Flags, item.Expiry, item.Datatype, item.Kind));

    private Task ReadAsync(ulong target) => Reader.ReadAsync(_producer!.Nodes[0], target);

    private async Task AssertRedAsync(ulong target, string reason) =>
        Assert.Contains(reason, (await Assert.ThrowsAsync<HistoryException>(() => ReadAsync(target))).Message, StringComparison.Ordinal);
}
