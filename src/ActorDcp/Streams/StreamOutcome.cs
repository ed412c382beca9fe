using ActorDcp.Client;
using Akka.Actor;

namespace ActorDcp.Streams;

/// <summary>How a vbucket's graph ended.</summary>
internal abstract record StreamOutcome : INoSerializationVerificationNeeded
{
    private StreamOutcome()
    {
    }

    /// <summary>The stream ended, and everything that came before its end is handled.</summary>
    public sealed record SourceEnded(StreamEnding Ending) : StreamOutcome;

    /// <summary>The handler failed for good.</summary>
    /// <param name="Cause">Its last error.</param>
    /// <param name="Seqno">First event that is not handled; the last handled one when none was in work.</param>
    /// <param name="HandlerGone">Whether the handler actor is no more.</param>
    public sealed record HandlerFailed(Exception Cause, Seqno Seqno, bool HandlerGone) : StreamOutcome;

    /// <summary>Drained: nothing is delivered any more.</summary>
    /// <param name="LeftInWork">Whether the handler did not come back in time, so that its batch will be delivered again.</param>
    public sealed record GateShut(bool LeftInWork) : StreamOutcome;

    /// <summary>Cut off, by <see cref="VBucketGraph.Abort"/> or because its materializer ended.</summary>
    /// <param name="Cause">What failed in the graph itself, or the cancellation of an abort; null when the materializer ended.</param>
    public sealed record Aborted(Exception? Cause) : StreamOutcome;
}
