namespace ActorDcp.Client.Tests.FlowControl;

public sealed class FlowControlLedgerTests
{
    private readonly ManualTime _time = new();
    private readonly List<uint> _sent = [];

    [Fact]
    public void Releases_are_acknowledged_in_sums_of_at_least_a_quarter_of_the_window()
    {
        using var ledger = New(window: 1000);
        ledger.Charge(400);
        ledger.Release(100);
        ledger.Release(100);
        Assert.Empty(_sent);

        ledger.Release(50);

        Assert.Equal([250u], _sent);
        Assert.Equal(150, ledger.Unacknowledged);
    }

    [Fact]
    public void What_is_below_the_threshold_is_acknowledged_when_idle()
    {
        using var ledger = New(window: 1000);
        ledger.Charge(400);
        ledger.Release(10);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([10u], _sent);

        ledger.Release(20);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([10u, 20u], _sent);
    }

    [Fact]
    public void A_window_of_one_byte_acknowledges_each_release()
    {
        using var ledger = New(window: 1);
        ledger.Charge(60);
        ledger.Release(60);

        Assert.Equal([60u], _sent);
        Assert.Equal(0, ledger.Unacknowledged);
    }

    [Fact]
    public void Without_a_window_nothing_is_sent_and_the_books_balance()
    {
        using var ledger = New(window: 0);
        ledger.Charge(60);
        ledger.Release(60);

        Assert.Empty(_sent);
        Assert.Equal(0, ledger.Unacknowledged);
        Assert.Equal(0, ledger.Held);
    }

    [Fact]
    public void A_node_that_sends_into_a_full_window_is_counted()
    {
        using var ledger = New(window: 100);
        ledger.Charge(90);
        ledger.Charge(90);
        Assert.Equal(0, ledger.Overruns);

        ledger.Charge(1);

        Assert.Equal(1, ledger.Overruns);
    }

    [Fact]
    public void Parked_bytes_leave_the_window_until_the_budget_is_spent()
    {
        var budget = new ParkedBudget(100);
        using var ledger = New(window: 200, budget);
        ledger.Charge(150);

        Assert.True(ledger.MoveToParked(80));
        Assert.False(ledger.MoveToParked(30));
        Assert.Equal(80, ledger.Parked);
        Assert.Equal(70, ledger.Unacknowledged);

        ledger.ReturnParked(80);
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public void Releases_from_many_threads_acknowledge_each_byte_once()
    {
        using var ledger = New(window: 1024);
        for (var i = 0; i < 40_000; i++)
            ledger.Charge(7);

        Parallel.For(0, 40_000, _ => ledger.Release(7));
        ledger.Charge(256);
        ledger.Release(256);

        lock (_sent)
            Assert.Equal(ledger.TotalAcknowledged, _sent.Sum(bytes => (long)bytes));
        Assert.InRange(ledger.Unacknowledged, 0, 256);
        Assert.Equal(0, ledger.Held);
    }

    private FlowControlLedger New(int window, ParkedBudget? parked = null) => new(window, parked, _time, bytes =>
    {
        lock (_sent)
            _sent.Add(bytes);
    });
}
