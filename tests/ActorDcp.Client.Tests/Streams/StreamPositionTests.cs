using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Streams;

public sealed class StreamPositionTests
{
    private static readonly VBucketUuid Branch = new(0xb1);

    [Fact]
    public void A_marker_stays_pending_until_its_first_event()
    {
        var position = At(500, 500, 500);
        position.Announce(Marker(501, 700));

        Assert.Equal(StreamOffset.Boundary(Branch, new Seqno(500)), position.Offset);

        Advance(position, 510);
        Assert.Equal(Offset(510, 501, 700), position.Offset);
    }

    [Fact]
    public void A_first_marker_may_begin_below_the_position()
    {
        var position = At(500, 400, 700);
        position.Announce(Marker(400, 1000));

        Advance(position, 501);

        Assert.Equal(Offset(501, 400, 1000), position.Offset);
    }

    [Fact]
    public void A_shorter_marker_inside_a_resumed_snapshot_makes_no_boundary()
    {
        var position = At(500, 400, 700);
        position.Announce(Marker(400, 600));
        Advance(position, 600);

        Assert.Equal(Offset(600, 400, 700), position.Offset);

        position.Announce(Marker(601, 800));
        Advance(position, 800);
        Assert.True(position.Offset.IsBoundary);

        position.Announce(Marker(801, 810));
        Advance(position, 805);
        Assert.Equal(Offset(805, 801, 810), position.Offset);
    }

    [Fact]
    public void The_last_event_of_a_snapshot_makes_the_position_a_boundary()
    {
        var position = At(0, 0, 0);
        position.Announce(Marker(0, 5));
        for (ulong seqno = 1; seqno <= 5; seqno++)
            Advance(position, seqno);

        Assert.True(position.Offset.IsBoundary);
        Assert.Equal(new Seqno(5), position.Offset.Seqno);
    }

    [Fact]
    public void Seqno_advanced_below_the_end_keeps_the_snapshot()
    {
        var position = At(0, 0, 0);
        position.Announce(Marker(0, 100));
        Advance(position, 3);
        Advance(position, 50, DcpEventKind.SeqnoAdvanced);

        Assert.Equal(Offset(50, 0, 100), position.Offset);
    }

    [Fact]
    public void Seqno_advanced_to_the_end_completes_the_snapshot()
    {
        var position = At(0, 0, 0);
        position.Announce(Marker(0, 100));
        Advance(position, 100, DcpEventKind.SeqnoAdvanced);

        Assert.Equal(StreamOffset.Boundary(Branch, new Seqno(100)), position.Offset);
    }

    [Fact]
    public void Seqno_advanced_without_a_marker_is_a_boundary()
    {
        var position = At(0, 0, 0);
        Advance(position, 21, DcpEventKind.SeqnoAdvanced);

        Assert.Equal(StreamOffset.Boundary(Branch, new Seqno(21)), position.Offset);
    }

    [Fact]
    public void Seqno_advanced_in_a_resumed_snapshot_keeps_it()
    {
        var position = At(15, 0, 21);
        Advance(position, 18, DcpEventKind.SeqnoAdvanced);

        Assert.Equal(Offset(18, 0, 21), position.Offset);
    }

    [Fact]
    public void Inside_an_out_of_order_snapshot_the_position_stands_still()
    {
        var position = At(0, 0, 0);
        Advance(position, 0, DcpEventKind.OsoStart);
        Advance(position, 90);
        Advance(position, 12);
        Advance(position, 100, DcpEventKind.SeqnoAdvanced);
        Assert.Equal(Seqno.Zero, position.Offset.Seqno);

        var end = Seqno.Zero;
        position.Advance(DcpEventKind.OsoEnd, ref end, out _);

        Assert.Equal(new Seqno(100), end);
        Assert.Equal(StreamOffset.Boundary(Branch, new Seqno(100)), position.Offset);
    }

    [Theory]
    [InlineData(5)] // not increasing
    [InlineData(4)]
    [InlineData(11)] // above the marker
    public void An_event_that_cannot_come_here_is_a_protocol_error(ulong seqno)
    {
        var position = At(0, 0, 0);
        position.Announce(Marker(1, 10));
        Advance(position, 5);

        var error = Assert.Throws<ProtocolException>(() => Advance(position, seqno));

        Assert.Contains("vbucket 9", error.Message, StringComparison.Ordinal);
        Assert.Contains($"seqno {seqno}", error.Message, StringComparison.Ordinal);
        Assert.Contains("[1,10]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_before_any_marker_is_a_protocol_error() =>
        Assert.Throws<ProtocolException>(() => Advance(At(0, 0, 0), 1));

    [Fact]
    public void Seqnos_above_two_to_the_63_compare_unsigned()
    {
        var position = At(0, 0, 0);
        position.Announce(Marker(0, ulong.MaxValue));
        Advance(position, 1);
        Advance(position, 0x8000_0000_0000_0001);

        Assert.Equal(new Seqno(0x8000_0000_0000_0001), position.Offset.Seqno);
    }

    private static StreamPosition At(ulong seqno, ulong start, ulong end) =>
        new(new VBucketId(9), Offset(seqno, start, end), Branch);

    private static StreamOffset Offset(ulong seqno, ulong start, ulong end) =>
        new(Branch, new Seqno(seqno), new StreamSnapshot(new Seqno(start), new Seqno(end)));

    private static SnapshotMarker Marker(ulong start, ulong end) =>
        new(new StreamSnapshot(new Seqno(start), new Seqno(end)), SnapshotFlags.Memory);

    private static void Advance(StreamPosition position, ulong seqno, DcpEventKind kind = DcpEventKind.Mutation)
    {
        var at = new Seqno(seqno);
        position.Advance(kind, ref at, out _);
    }
}
