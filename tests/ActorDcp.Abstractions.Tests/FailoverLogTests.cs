namespace ActorDcp.Abstractions.Tests;

public sealed class FailoverLogTests
{
    private static readonly VBucketUuid A = new(0xA), B = new(0xB), C = new(0xC);

    // the log of dcp-reference.md 4.3
    private static readonly FailoverLog Log = new(
        [new FailoverLogEntry(C, new Seqno(500)), new FailoverLogEntry(B, new Seqno(200)), new FailoverLogEntry(A, Seqno.Zero)]);

    [Theory]
    [InlineData(0, 0xA)]
    [InlineData(199, 0xA)]
    [InlineData(200, 0xB)]
    [InlineData(499, 0xB)]
    [InlineData(500, 0xC)]
    [InlineData(ulong.MaxValue, 0xC)]
    public void A_consumer_that_went_back_names_the_newest_branch_that_had_begun(ulong seqno, ulong uuid)
    {
        Assert.Equal(new VBucketUuid(uuid), Log.UuidAtOrBelow(new Seqno(seqno)));
        Assert.Equal(new VBucketUuid(uuid), Log.TruncatedTo(new Seqno(seqno)).NewestUuid);
    }

    [Fact]
    public void Entries_above_a_seqno_are_dropped()
    {
        Assert.Equal([B, A], Log.TruncatedTo(new Seqno(499)).Entries.Select(entry => entry.Uuid));
        Assert.Single(Log.TruncatedTo(Seqno.Zero).Entries);
    }

    [Fact]
    public void Without_entries_no_branch_is_known()
    {
        Assert.True(FailoverLog.Empty.IsEmpty);
        Assert.True(FailoverLog.Empty.NewestUuid.IsNone);
        Assert.True(FailoverLog.Empty.UuidAtOrBelow(Seqno.Max).IsNone);
        Assert.False(FailoverLog.Empty.Contains(A));
        var above = new FailoverLog([new FailoverLogEntry(C, new Seqno(500))]);
        Assert.True(above.UuidAtOrBelow(new Seqno(499)).IsNone);
        Assert.True(above.TruncatedTo(new Seqno(499)).IsEmpty);
    }

    [Fact]
    public void Logs_are_equal_by_their_entries()
    {
        var same = new FailoverLog(Log.Entries);
        Assert.Equal(Log, same);
        Assert.Equal(Log.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(Log, Log.TruncatedTo(new Seqno(499)));
        Assert.True(Log.Contains(B));
        Assert.Equal(C, Log.NewestUuid);
        Assert.Equal("(000000000000000c,500) (000000000000000b,200) (000000000000000a,0)", Log.ToString());
    }
}
