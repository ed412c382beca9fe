using ActorDcp.Streams;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

public sealed class HandOverGateTests(ITestOutputHelper output) : StreamTestBase(output)
{
    [Fact]
    public void An_allowance_as_long_as_a_take_over_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new HandOverGate(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5), Time));
    }

    [Fact]
    public void Timely_ticks_keep_the_gate_open()
    {
        for (var i = 0; i < 10; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(4));
            Assert.True(Gate.Tick());
        }
        Assert.True(Gate.IsOpen);
    }

    [Fact]
    public void A_late_tick_shuts_the_gate_until_epochs_were_read_anew()
    {
        Time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(Gate.IsOpen);
        Assert.False(Gate.Tick());
        Assert.False(Gate.Tick());

        var begun = Gate.BeginRevalidation();
        Assert.True(Gate.Revalidated(begun));

        Assert.True(Gate.IsOpen);
        Assert.True(Gate.Tick());
    }

    [Fact]
    public void A_revalidation_that_took_too_long_does_not_count()
    {
        Gate.Shut();
        var begun = Gate.BeginRevalidation();
        Time.Advance(TimeSpan.FromSeconds(6));

        Assert.False(Gate.Revalidated(begun));
        Assert.False(Gate.IsOpen);
    }

    [Fact]
    public async Task After_a_gap_nothing_is_handed_over_before_revalidation()
    {
        Run(Handler());
        Stream.Offer(1);
        await UntilHandled(1);
        Time.Advance(TimeSpan.FromSeconds(6));

        Stream.Offer(2);
        await Until(() => Gate.WaitingCount == 1);
        Assert.False(Gate.Tick());
        Assert.Equal([1], Journal.Seqnos);

        Assert.True(Gate.Revalidated(Gate.BeginRevalidation()));
        await UntilHandled(2);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_retry_waits_for_the_gate_too()
    {
        Run(Handler((call, _, _) =>
        {
            if (call > 1)
                return ValueTask.CompletedTask;
            Time.Advance(TimeSpan.FromSeconds(6));
            throw new InvalidOperationException("no");
        }));
        Stream.Offer(1);
        await Until(() => Gate.WaitingCount == 1);
        Assert.Single(Journal.Calls);

        Assert.True(Gate.Revalidated(Gate.BeginRevalidation()));
        await UntilHandled(1);
    }

    [Fact]
    public async Task A_batch_that_waits_for_the_gate_is_dropped_by_a_drain()
    {
        Gate.Shut();
        var graph = Run(Handler());
        Stream.Offer(1);
        await Until(() => Gate.WaitingCount == 1);

        Assert.IsType<StreamOutcome.GateShut>(await graph.Drain(Deadline).WaitAsync(Deadline));

        await Until(() => Gate.WaitingCount == 0);
        await Until(() => Stream.Leases[0].Released == 1);
        Assert.Empty(Journal.Calls);
    }
}
