namespace ActorDcp.Persistence;

/// <summary>How the member writes offsets.</summary>
/// <param name="Group">Group and bucket.</param>
/// <param name="Owner">Name of the member, shown in the table.</param>
/// <param name="Interval">Time between checkpoints; jittered by a tenth.</param>
/// <param name="MaxUncheckpointed">How long delivery goes on while nothing can be saved.</param>
/// <param name="Hold">Stops delivery past that.</param>
internal sealed record OffsetWriterSettings(
    GroupKey Group, string Owner, TimeSpan Interval, TimeSpan MaxUncheckpointed, IDeliveryHold Hold)
{
    /// <summary>
    /// Whether take-overs may go to the database now: a member that others may have taken for dead must not take its vbuckets back.
    /// Those that wait are looked at again with the next call or <see cref="OffsetWriterProtocol.Proceed"/>.
    /// </summary>
    public Func<bool> MayTakeOver { get; init; } = () => true;

    /// <summary>A row is written so often at least, also when nothing moves: who looks at the table sees that the group runs.</summary>
    public TimeSpan Pulse { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for the database; past it the call counts as failed and is made again.</summary>
    public TimeSpan StoreTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Stops the member's delivery while progress cannot be made durable. Idempotent both ways.</summary>
internal interface IDeliveryHold
{
    void Engage();

    void Release();
}
