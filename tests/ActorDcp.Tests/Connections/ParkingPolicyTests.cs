using ActorDcp.Connections;

namespace ActorDcp.Tests.Connections;

/// <summary>Design invariant 7: when others starve, the slow vbucket that holds the most makes room.</summary>
public sealed class ParkingPolicyTests
{
    private const long Window = 1000;

    private static readonly StreamLoad Hungry = new(new VBucketId(99), 0, null, 0, Ended: false);

    [Fact]
    public void The_slow_vbucket_that_holds_the_most_is_parked() =>
        Assert.Equal([Id(2)], Choose(Slow(1, 100), Slow(2, 350), Quick(3, 100), Hungry));

    [Fact]
    public void More_are_parked_until_a_quarter_of_the_window_is_held() =>
        Assert.Equal([Id(1), Id(2)], Choose(Slow(1, 300), Slow(2, 200), Slow(3, 150), Quick(4, 50), Hungry));

    [Fact]
    public void Nothing_is_parked_while_half_of_the_window_is_free() => Assert.Empty(Choose(Slow(1, 499), Hungry));

    [Fact]
    public void If_all_are_busy_the_window_is_simply_full() => Assert.Empty(Choose(Slow(1, 600), Slow(2, 200), Quick(3, 200)));

    [Fact]
    public void A_handler_that_is_quick_is_not_slow_whatever_it_holds() => Assert.Empty(Choose(Quick(1, 900), Hungry));

    /// <summary>Its events wait for something else: the hand-over gate, or rollback mitigation.</summary>
    [Fact]
    public void What_no_handler_has_is_not_parked() =>
        Assert.Empty(Choose(new StreamLoad(Id(1), 900, null, 900, Ended: false), Hungry));

    [Fact]
    public void What_is_parked_already_is_not_parked_again() => Assert.Empty(Choose(Slow(1, 900) with { Ended = true }, Hungry));

    [Theory]
    [InlineData(874, null)]
    [InlineData(875, 1)]
    public void Only_with_the_window_as_good_as_full_a_parked_queue_goes(long held, int? expected) =>
        Assert.Equal(
            expected is { } vbucket ? Id(vbucket) : null,
            ParkingPolicy.MustDiscard(Window, held, [Slow(1, 500) with { Ended = true }, Slow(2, held - 500), Hungry]));

    [Fact]
    public void A_batch_in_work_is_never_discarded() =>
        Assert.Null(ParkingPolicy.MustDiscard(Window, 1000, [Slow(1, 1000) with { Ended = true, Queued = 0 }, Hungry]));

    private static VBucketId Id(int vbucket) => VBucketId.From(vbucket);

    private static StreamLoad Slow(int vbucket, long held) => new(Id(vbucket), held, ParkingPolicy.Patience, held, Ended: false);

    private static StreamLoad Quick(int vbucket, long held) => Slow(vbucket, held) with { InHandlerFor = ParkingPolicy.Patience / 2 };

    private static IReadOnlyList<VBucketId> Choose(params StreamLoad[] loads) =>
        ParkingPolicy.Choose(Window, loads.Sum(load => load.Held), loads);
}
