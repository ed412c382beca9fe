using System.Globalization;
using ActorDcp.Client;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Hosting.Runtime;

namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>
/// Looks at a member's flow-control books every few milliseconds, for as long as it lives: unacknowledged bytes are never below 0
/// and never above the window and one frame.
/// </summary>
internal sealed class LedgerWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _violations = [];
    private readonly Task _watching;

    public LedgerWatch(TestMember member) => _watching = WatchAsync(member.Service<MemberState>());

    public int Samples { get; private set; }

    public long LargestUnacknowledged { get; private set; }

    /// <summary>The ledgers of the member's connections now.</summary>
    public static IReadOnlyList<FlowControlLedger> Ledgers(MemberState state) =>
        state.Group is { } group ? [.. group.ConnectionBoard.Entries.Select(entry => entry.Value.Connection?.Ledger).OfType<FlowControlLedger>()] : [];

    /// <summary>Ends the watch and says what it saw that must not be.</summary>
    public async Task<IReadOnlyCollection<string>> EndAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        return _violations;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _stopping.Dispose();
    }

    private async Task WatchAsync(MemberState state)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                foreach (var ledger in Ledgers(state))
                    Look(ledger);
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }

    private void Look(FlowControlLedger ledger)
    {
        var unacknowledged = ledger.Unacknowledged;
        // read after: it only grows, so a limit that is a moment newer is never too low
        var most = ledger.Window + ledger.LargestCharge;
        Samples++;
        LargestUnacknowledged = Math.Max(LargestUnacknowledged, unacknowledged);
        if (unacknowledged < 0)
            Say("fewer than 0 bytes are unacknowledged");
        if (unacknowledged > most)
            Say(string.Create(CultureInfo.InvariantCulture, $"more than the window of {ledger.Window} and a frame are unacknowledged"));
        if (ledger.Overruns > 0)
            Say("the node sent although the window was full");
        if (ledger.DoubleReturns > 0)
            Say("a batch was returned twice");
    }

    private void Say(string violation) => _violations.Add(violation);
}
