using ActorDcp.Persistence;

namespace ActorDcp.VBuckets.State;

/// <summary>What is known when a producer answered a stream request with ROLLBACK.</summary>
/// <param name="Sent">Position that was asked for.</param>
/// <param name="To">Seqno of the answer.</param>
/// <param name="Handled">Seqno up to which the handler is done.</param>
/// <param name="Accepted">Log of the last stream that was opened; it vouches for everything we have.</param>
/// <param name="Boundaries">Boundaries to choose from.</param>
/// <param name="Fresh">The producer's log of now, where it could be fetched; the answer itself does not hold it.</param>
/// <param name="High">The producer's high seqno of now, where it is known.</param>
internal sealed record RollbackQuestion(
    StreamOffset Sent,
    Seqno To,
    Seqno Handled,
    FailoverLog Accepted,
    RetainedBoundaries Boundaries,
    FailoverLog? Fresh = null,
    Seqno? High = null);
