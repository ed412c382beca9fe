using System.Text;

namespace ActorDcp.Abstractions.Tests;

public sealed class DcpBatchTests
{
    private static StreamOffset Offset(ulong seqno, ulong start, ulong end, ulong manifest = 1) =>
        new(Batches.Uuid, new Seqno(seqno), new StreamSnapshot(new Seqno(start), new Seqno(end)), manifest);

    [Fact]
    public void An_offset_lies_in_the_snapshot_of_its_event()
    {
        var batch = Batches.Of([8, 9, 10, 11, 15, 20], [Batches.Run(0, 5, 10), Batches.Run(3, 11, 20)]);
        Assert.Equal(
            [
                Offset(8, 5, 10), Offset(9, 5, 10), Offset(10, 10, 10), Offset(11, 10, 20), Offset(15, 11, 20), Offset(20, 20, 20),
            ],
            OffsetsOf(batch));
        Assert.Equal(Offset(20, 20, 20), batch.EndOffset);
    }

    [Fact]
    public void The_first_item_of_a_snapshot_that_begins_with_it_does_not_say_that_nothing_of_it_came()
    {
        // a producer accepts [211,213] at 211 on a branch that ends there, though k@210 was deduplicated into k@212
        var batch = Batches.Of([211, 212, 213], [Batches.Run(0, 211, 213)]);
        Assert.Equal([Offset(211, 210, 213), Offset(212, 211, 213), Offset(213, 213, 213)], OffsetsOf(batch));
    }

    [Fact]
    public void An_event_beyond_its_snapshot_completes_it()
    {
        var batch = Batches.Of([8, 12], [Batches.Run(0, 5, 10)]);
        Assert.Equal(Offset(12, 12, 12), batch.EndOffset);
    }

    [Fact]
    public void Inside_an_out_of_order_snapshot_the_offset_stays_where_it_began()
    {
        var began = StreamOffset.Boundary(Batches.Uuid, new Seqno(4), 1);
        var batch = Batches.Of([30, 10, 20, 31], [new SnapshotRun(0, StreamSnapshot.At(new Seqno(4)), new FixedPosition(began)), Batches.Run(3, 31, 31)]);
        Assert.Equal([began, began, began, Offset(31, 31, 31)], OffsetsOf(batch));
    }

    [Fact]
    public void An_offset_names_the_manifest_known_after_its_event()
    {
        var batch = Batches.Of([1, 2, 3, 4], [Batches.Run(0, 1, 9)], manifests: [(1, 5), (3, 6)]);
        Assert.Equal([1UL, 5UL, 5UL, 6UL], OffsetsOf(batch).Select(offset => offset.ManifestUid));
    }

    [Fact]
    public void Handled_counts_what_a_handler_said_and_never_goes_back()
    {
        var batch = Batches.Of([1, 2, 5, 9], [Batches.Run(0, 1, 9)]);
        Assert.Equal(0, batch.HandledCount);
        batch.HandledThrough(new Seqno(4));
        Assert.Equal(2, batch.HandledCount);
        batch.HandledThrough(new Seqno(1));
        Assert.Equal(2, batch.HandledCount);
        batch.HandledThrough(Seqno.Max);
        Assert.Equal(4, batch.HandledCount);
    }

    [Fact]
    public void A_seqno_says_nothing_about_an_out_of_order_snapshot()
    {
        var began = new FixedPosition(StreamOffset.Boundary(Batches.Uuid, new Seqno(2), 1));
        var batch = Batches.Of([1, 2, 30, 10], [Batches.Run(0, 1, 2), new SnapshotRun(2, StreamSnapshot.At(new Seqno(2)), began)]);
        batch.HandledThrough(Seqno.Max);
        Assert.Equal(2, batch.HandledCount);
    }

    [Fact]
    public void Boundaries_are_the_snapshot_ends_that_the_batch_reaches()
    {
        var batch = Batches.Of([8, 10, 11, 15], [Batches.Run(0, 5, 10), Batches.Run(2, 11, 20)]);
        Assert.Equal<Seqno>([new(10)], [.. batch.CompletedBoundaries]);
        Assert.Equal(new Seqno(10), batch.LastCompletedBoundary);
        Assert.Null(Batches.Of([8], [Batches.Run(0, 5, 10)]).LastCompletedBoundary);
    }

    [Fact]
    public void A_copy_outlives_the_buffers_of_its_batch()
    {
        var lease = new RecordingLease();
        var batch = Batches.Of([8, 10], [Batches.Run(0, 5, 10)], lease);
        var owned = batch.ToOwned();
        foreach (var change in batch)
        {
            System.Runtime.InteropServices.MemoryMarshal.AsMemory(change.Key).Span.Clear();
            System.Runtime.InteropServices.MemoryMarshal.AsMemory(change.Value).Span.Clear();
        }
        batch.Release();
        Assert.Equal(1, lease.Releases);
        Assert.Equal(0, batch.Count);

        Assert.Equal(["k8", "k10"], KeysOf(owned));
        Assert.Equal([Offset(8, 5, 10), Offset(10, 10, 10)], OffsetsOf(owned));
        Assert.Equal(8, owned[0].ReadJson<Dictionary<string, int>>()!["n"]);
        Assert.Equal((batch.VBucket, batch.Epoch, batch.Uuid), (owned.VBucket, owned.Epoch, owned.Uuid));
        owned.Release();
        Assert.Equal(1, lease.Releases);
    }

    [Fact]
    public void A_copy_reads_through_a_reader_that_outlives_the_batch()
    {
        var reader = new RecordingReader();
        var batch = Batches.Of([8], [Batches.Run(0, 5, 10)], reader: reader);
        Assert.Equal("pooled", Encoding.UTF8.GetString(batch[0].ReadBody().Span));
        Assert.Equal("detached", Encoding.UTF8.GetString(batch.ToOwned()[0].ReadBody().Span));
    }

    [Fact]
    public void A_slice_is_a_batch_of_the_remaining_events()
    {
        var lease = new RecordingLease();
        var batch = Batches.Of([8, 9, 10, 11, 15], [Batches.Run(0, 5, 10), Batches.Run(3, 11, 20)], lease, manifests: [(1, 5)]);
        var slice = batch.Slice(2, 3);
        Assert.Equal(["k10", "k11", "k15"], KeysOf(slice));
        Assert.Equal([Offset(10, 10, 10, 5), Offset(11, 10, 20, 5), Offset(15, 11, 20, 5)], OffsetsOf(slice));
        Assert.Equal([0, 1, 2], slice.Events().Select(change => change.Index));
        slice.Release();
        Assert.Equal(0, lease.Releases);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Slice(3, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Slice(0, 0));
    }

    [Fact]
    public void Bytes_on_the_wire_are_summed_over_a_part()
    {
        var batch = Batches.Of([1, 2, 3], [Batches.Run(0, 1, 3)]);
        Assert.Equal(101 + 102, batch.WireBytes(1, 2));
        Assert.Equal(0, batch.WireBytes(0, 0));
    }

    [Fact]
    public void An_index_beyond_the_events_is_refused()
    {
        var batch = Batches.Of([1], [Batches.Run(0, 1, 3)]);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[-1]);
    }

    private static List<StreamOffset> OffsetsOf(DcpBatch batch)
    {
        var offsets = new List<StreamOffset>();
        foreach (var change in batch)
            offsets.Add(batch.OffsetAfter(change));
        return offsets;
    }

    private static List<string> KeysOf(DcpBatch batch) => [.. batch.Events().Select(change => Encoding.UTF8.GetString(change.Key.Span))];

    private sealed class RecordingReader : IDcpValueReader
    {
        private string _says = "pooled";

        public IDcpValueReader Detached => new RecordingReader { _says = "detached" };

        public ReadOnlyMemory<byte> ReadBody(in DcpEvent change) => Encoding.UTF8.GetBytes(_says);

        public ReadOnlyMemory<byte> ReadInflated(in DcpEvent change) => change.Value;
    }
}
