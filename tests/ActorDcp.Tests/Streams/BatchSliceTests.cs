namespace ActorDcp.Tests.Streams;

public sealed class BatchSliceTests
{
    private static readonly VBucketId VBucket = new(1);

    [Fact]
    public void Every_slice_gives_the_same_positions_as_the_whole()
    {
        var whole = Whole();
        for (var first = 0; first < whole.Count; first++)
        {
            for (var count = 1; count <= whole.Count - first; count++)
            {
                var slice = whole.Slice(first, count);
                Assert.Equal(count, slice.Count);
                for (var i = 0; i < count; i++)
                {
                    Assert.Equal(i, slice[i].Index);
                    Assert.Equal(whole[first + i].Seqno, slice[i].Seqno);
                    Assert.Equal(whole.OffsetAfter(whole[first + i]), slice.OffsetAfter(slice[i]));
                }
            }
        }
    }

    [Fact]
    public void A_marker_goes_with_the_event_it_stands_before()
    {
        var whole = Whole();

        Assert.Equal([0, 2], whole.Slice(0, 5).Markers.ToArray().Select(marker => marker.Index));
        Assert.Equal([0], whole.Slice(2, 3).Markers.ToArray().Select(marker => marker.Index));
        Assert.Equal([1], whole.Slice(1, 2).Markers.ToArray().Select(marker => marker.Index));
        Assert.Empty(whole.Slice(3, 2).Markers.ToArray());
    }

    [Fact]
    public void The_highest_seqno_is_the_last_ones_except_inside_an_out_of_order_snapshot()
    {
        var whole = Whole();
        Assert.Equal(12UL, whole.HighestSeqno(0, 5).Value);
        Assert.Equal(6UL, whole.HighestSeqno(1, 2).Value);
        var start = StreamSnapshot.At(Seqno.Zero);
        SnapshotRun[] runs = [new(0, start, new FixedPosition(StreamOffset.Beginning)), new(3, new StreamSnapshot(new Seqno(10), new Seqno(11)))];
        var mixed = TestBatches.Of(
            VBucket, OwnershipEpoch.None, FakeBatchSource.Uuid, null, runs, [],
            TestBatches.Mutation(9), TestBatches.Mutation(3), TestBatches.Mutation(6), TestBatches.Mutation(10), TestBatches.Mutation(11));

        Assert.Equal(9UL, mixed.HighestSeqno(0, 3).Value);
        Assert.Equal(6UL, mixed.HighestSeqno(1, 2).Value);
        Assert.Equal(11UL, mixed.HighestSeqno(0, 5).Value);
        Assert.Equal(10UL, mixed.HighestSeqno(3, 1).Value);
    }

    private static DcpBatch Whole()
    {
        var one = new StreamSnapshot(new Seqno(1), new Seqno(5));
        var two = new StreamSnapshot(new Seqno(6), new Seqno(20));
        var collection = new DcpEvent
        {
            Kind = DcpEventKind.SystemEvent,
            Seqno = new Seqno(5),
            CollectionEvent = new CollectionEvent(CollectionEventKind.CollectionBegin, 77, 0, 9, "c", null),
        };
        PlacedMarker[] markers =
        [
            new(0, new SnapshotMarker(one, SnapshotFlags.Disk)), new(2, new SnapshotMarker(two, SnapshotFlags.Memory)),
        ];
        return TestBatches.Of(
            VBucket, OwnershipEpoch.None, FakeBatchSource.Uuid, null, [new SnapshotRun(0, one), new SnapshotRun(2, two)], markers,
            TestBatches.Mutation(4), collection, TestBatches.Mutation(6), TestBatches.Mutation(9), TestBatches.Mutation(12))
            .ToOwned();
    }
}
