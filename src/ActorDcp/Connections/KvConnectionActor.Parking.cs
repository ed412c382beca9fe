using ActorDcp.Client;
using ActorDcp.Streams;
using Akka.Actor;
using static ActorDcp.Connections.ConnectionProtocol;

namespace ActorDcp.Connections;

// A slow vbucket hurts only itself (design invariant 7): before what it holds fills the window, its stream is closed and what arrived
// of it moves to the parked budget, from where its handler is given it. Its actor asks for the stream again once all is handed over.
internal sealed partial class KvConnectionActor
{
    private static readonly TimeSpan ReliefPeriod = TimeSpan.FromMilliseconds(100);

    private readonly List<StreamLoad> _loads = [];

    private void Relieve()
    {
        if (_connection is not { } connection || !ParkingPolicy.IsPressed(connection.Ledger.Window, connection.Ledger.Held))
            return;
        foreach (var open in _opened.Values.Where(open => open.Stream.HasEnded))
            open.Stream.TryMoveToParked();
        foreach (var vbucket in ParkingPolicy.Choose(connection.Ledger.Window, connection.Ledger.Held, Loads()))
            Park(connection, vbucket, _opened[vbucket]);
        // the budget is spent as well: what others need more is read again later
        if (ParkingPolicy.IsFull(connection.Ledger.Window, connection.Ledger.Held)
            && ParkingPolicy.MustDiscard(connection.Ledger.Window, connection.Ledger.Held, Loads()) is { } largest)
            _metrics.Discarded(_opened[largest].Stream.DropQueued());
    }

    private List<StreamLoad> Loads()
    {
        var loads = _loads;
        loads.Clear();
        foreach (var (vbucket, open) in _opened)
        {
            var since = open.Progress.InHandlerSince;
            var waited = since == 0 ? (TimeSpan?)null : _settings.Time.GetElapsedTime(since);
            loads.Add(new StreamLoad(vbucket, open.Stream.HeldBytes, waited, open.Stream.QueuedBytes, open.Stream.HasEnded));
        }
        return loads;
    }

    private void Park(DcpConnection connection, VBucketId vbucket, OpenStream open)
    {
        var held = open.Stream.HeldBytes;
        var cancel = _stopping.Token;
        var parking = ParkAsync();
        // false at once: inside an out-of-order snapshot, or just ended
        if (parking is { IsCompletedSuccessfully: true, Result: false })
            return;
        _metrics.StreamParked();
        open.Asker.Tell(new StreamParked(vbucket, open.Attempt, held));

        async Task<bool> ParkAsync()
        {
            try
            {
                return await connection.ParkStreamAsync(open.Stream, cancel).ConfigureAwait(false);
            }
            catch (Exception cause) when (IsGoing(cause))
            {
                // the connection is going, and the stream with it
                return true;
            }
        }
    }

    private sealed record OpenStream(DcpStream Stream, long Attempt, IActorRef Asker, VBucketProgress Progress);

    private sealed class Relief : INoSerializationVerificationNeeded
    {
        public static readonly Relief Instance = new();
    }
}
