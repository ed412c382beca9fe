namespace ActorDcp.Abstractions.Tests;

public sealed class StreamOffsetTests
{
    private static readonly VBucketUuid Uuid = new(0xA1B2C3D4E5F6);

    [Theory]
    [InlineData(9)]
    [InlineData(21)]
    [InlineData(ulong.MaxValue)]
    public void A_seqno_outside_its_snapshot_is_refused(ulong seqno) =>
        Assert.Throws<ArgumentException>(() => new StreamOffset(Uuid, new Seqno(seqno), new StreamSnapshot(new Seqno(10), new Seqno(20))));

    [Fact]
    public void A_seqno_above_zero_needs_a_branch()
    {
        Assert.Throws<ArgumentException>(() => StreamOffset.Boundary(VBucketUuid.None, new Seqno(1)));
        Assert.Equal(Seqno.Zero, StreamOffset.Boundary(VBucketUuid.None, Seqno.Zero).Seqno);
    }

    [Fact]
    public void At_the_end_of_its_snapshot_an_offset_claims_the_seqno_alone()
    {
        var offset = new StreamOffset(Uuid, new Seqno(20), new StreamSnapshot(new Seqno(10), new Seqno(20)));
        Assert.Equal(StreamSnapshot.At(new Seqno(20)), offset.Snapshot);
        Assert.True(offset.IsBoundary);
        Assert.Equal(StreamOffset.Boundary(Uuid, new Seqno(20)), offset);
    }

    [Fact]
    public void Inside_its_snapshot_an_offset_keeps_it()
    {
        var offset = new StreamOffset(Uuid, new Seqno(15), new StreamSnapshot(new Seqno(10), new Seqno(20)), manifestUid: 4);
        Assert.False(offset.IsBoundary);
        Assert.Equal(new StreamSnapshot(new Seqno(10), new Seqno(20)), offset.Snapshot);
        Assert.Equal("0000a1b2c3d4e5f6/15[10,20]", offset.ToString());
        Assert.Equal(4UL, offset.ManifestUid);
    }

    [Fact]
    public void The_beginning_names_no_branch()
    {
        Assert.Equal(Seqno.Zero, StreamOffset.Beginning.Seqno);
        Assert.True(StreamOffset.Beginning.Uuid.IsNone);
        Assert.True(StreamOffset.Beginning.IsBoundary);
    }
}
