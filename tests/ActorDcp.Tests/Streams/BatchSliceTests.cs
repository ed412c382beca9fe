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
