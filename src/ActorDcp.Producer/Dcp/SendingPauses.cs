namespace ActorDcp.Producer.Dcp;

/// <summary>When, how often and why a DCP connection had nothing to send, for its statistics. Guarded by the connection's gate.</summary>
internal sealed class SendingPauses(TimeProvider time)
{
    private long _since = time.GetTimestamp();

    /// <summary>Whether it has nothing to send, or must not.</summary>
    public bool IsPaused { get; private set; } = true;

    /// <summary>Whether that is for want of room in the window.</summary>
    public bool IsFull { get; private set; }

    /// <summary>How often the window was full, and how often there was room again.</summary>
    public (long Begun, long Ended) OfWindow { get; private set; }

    /// <summary>How often all was sent, and how long in all.</summary>
    public (long Count, TimeSpan Duration) OfNothingToSend { get; private set; }

    /// <summary>How long this one has lasted.</summary>
    public TimeSpan Current => IsPaused ? time.GetElapsedTime(_since) : TimeSpan.Zero;

    public void Note(bool isFull, bool hasNothing)
    {
        var isPaused = isFull || hasNothing;
        if (isPaused == IsPaused && isFull == IsFull)
            return;
        if (isFull != IsFull)
            OfWindow = isFull ? (OfWindow.Begun + 1, OfWindow.Ended) : (OfWindow.Begun, OfWindow.Ended + 1);
        if (IsPaused && !IsFull)
            OfNothingToSend = (OfNothingToSend.Count + 1, OfNothingToSend.Duration + time.GetElapsedTime(_since));
        (IsPaused, IsFull, _since) = (isPaused, isFull, time.GetTimestamp());
    }
}
