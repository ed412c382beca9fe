namespace ActorDcp.Producer.Buckets;

/// <summary>
/// A lock on one version of a document (GET_LOCKED, dcp-reference.md 1.9). Locking gives the version a cas of its own, which stays
/// when the lock is over; nothing of it enters the log.
/// </summary>
/// <param name="cas">What unlocks it.</param>
/// <param name="until">When it ends by itself.</param>
internal sealed class DocumentLock(ulong cas, DateTimeOffset until)
{
    public const uint DefaultSeconds = 15;
    public const uint MostSeconds = 30;

    /// <summary>What a locked document shows as its cas.</summary>
    public const ulong LockedCas = ulong.MaxValue;

    public ulong Cas { get; } = cas;

    public DateTimeOffset Until { get; private set; } = until;

    public bool IsHeldAt(DateTimeOffset now) => now < Until;

    public void Release() => Until = DateTimeOffset.MinValue;
}
