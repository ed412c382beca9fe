using ActorDcp.Host.Operate;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Tests.Operate;

public sealed class TopLookTests
{
    [Fact]
    public void Rates_are_of_the_time_between_two_looks_and_a_rewind_is_none()
    {
        var before = Status(Row(0, "a", handled: 100, high: 100), Row(1, "b", handled: 100, high: 100), Row(2, "b", handled: 100, high: 100));
        var after = Status(Row(0, "a", handled: 200, high: 210), Row(1, "b", handled: 50, high: 100), Row(2, "b", handled: 120, high: 120));

        var look = TopLook.Of(after, before, TimeSpan.FromSeconds(2), most: 2);

        Assert.Equal(60, look.Rate);
        Assert.Equal(60UL, look.Lag);
        Assert.Equal([("a", 50.0, 10UL), ("b", 10.0, 50UL)], look.Members.Select(member => (member.Member, member.Rate, member.Lag)));
        Assert.Equal([1, 0], look.VBuckets.Select(row => row.Vb));
    }

    [Fact]
    public void What_does_not_stream_comes_before_what_is_behind()
    {
        var look = TopLook.Of(
            Status(Row(0, "a", handled: 1, high: 900), Row(1, null, handled: 5, high: 5, state: "Missing"), Row(2, "a", handled: 5, high: 5)),
            before: null, TimeSpan.Zero, most: 10);

        Assert.Equal([1, 0, 2], look.VBuckets.Select(row => row.Vb));
        Assert.All(look.VBuckets, row => Assert.Equal(0, row.Rate));
    }

    private static GroupStatus Status(params VBucketStatus[] rows) => new(
        "g", "b", "uuid", Complete: true,
        [new MemberStatus("a", "127.0.0.1:1", "Up", 1), new MemberStatus("b", "127.0.0.1:2", "Up", 2)], [], rows);

    private static VBucketStatus Row(int vbucket, string? member, ulong handled, ulong high, string state = "Streaming") =>
        new(vbucket, member, state, null, 1, "00", high, handled, handled, handled, null, null);
}
