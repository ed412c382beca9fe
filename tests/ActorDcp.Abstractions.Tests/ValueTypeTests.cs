namespace ActorDcp.Abstractions.Tests;

public sealed class ValueTypeTests
{
    [Fact]
    public void Seqnos_compare_unsigned()
    {
        var large = new Seqno(0x8000_0000_0000_0000);
        Assert.True(large > new Seqno(1));
        Assert.True(Seqno.Zero <= Seqno.Zero && Seqno.Max >= large && new Seqno(1) < large);
        Assert.Equal(Seqno.Max, Seqno.Larger(Seqno.Max, large));
        Assert.Equal(large, Seqno.Smaller(Seqno.Max, large));
        Assert.True(Seqno.Max.CompareTo(Seqno.Zero) > 0);
        Assert.Equal("18446744073709551615", Seqno.Max.ToString());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65536)]
    public void A_vbucket_that_does_not_exist_is_refused(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VBucketId.From(value));

    [Fact]
    public void Vbuckets_are_numbers_in_order()
    {
        Assert.Equal(new VBucketId(65535), VBucketId.From(65535));
        Assert.Equal(["2", "10"], new[] { new VBucketId(10), new VBucketId(2) }.Order().Select(vbucket => vbucket.ToString()));
    }

    [Fact]
    public void A_uuid_is_read_back_from_its_text()
    {
        var uuid = new VBucketUuid(0xA1B2C3D4E5F6);
        Assert.Equal("0000a1b2c3d4e5f6", uuid.ToString());
        Assert.Equal(uuid, VBucketUuid.Parse(uuid.ToString()));
        Assert.Throws<FormatException>(() => VBucketUuid.Parse("branch"));
        Assert.True(VBucketUuid.None.IsNone);
        Assert.False(uuid.IsNone);
    }

    [Fact]
    public void The_epoch_of_a_later_owner_is_higher()
    {
        Assert.True(OwnershipEpoch.None < new OwnershipEpoch(1));
        Assert.True(new OwnershipEpoch(10) > new OwnershipEpoch(9));
        Assert.Equal("10", new OwnershipEpoch(10).ToString());
    }

    [Fact]
    public void A_snapshot_holds_its_ends_and_cannot_be_inverted()
    {
        var snapshot = new StreamSnapshot(new Seqno(10), new Seqno(20));
        Assert.True(snapshot.Contains(new Seqno(10)) && snapshot.Contains(new Seqno(20)));
        Assert.False(snapshot.Contains(new Seqno(9)) || snapshot.Contains(new Seqno(21)));
        Assert.Equal("[10,20]", snapshot.ToString());
        Assert.Throws<ArgumentException>(() => new StreamSnapshot(new Seqno(2), new Seqno(1)));
        Assert.True(new StreamSnapshot(Seqno.Zero, Seqno.Max).Contains(Seqno.Max));
    }
}
