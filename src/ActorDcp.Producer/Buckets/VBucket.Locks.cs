using System.Runtime.CompilerServices;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Locked documents. Every member but the two operations is to be called under the gate.</summary>
internal sealed partial class VBucket
{
    private ConditionalWeakTable<StoredItem, DocumentLock>? _locks;

    /// <summary>Reads a document and locks it.</summary>
    /// <param name="key">Collection prefix and key.</param>
    /// <param name="seconds">How long; 0 or above the limit for the default.</param>
    public DocumentOutcome GetAndLock(ReadOnlySpan<byte> key, uint seconds)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (FindLock(live) is not null)
                return DocumentOutcome.Refused(Status.Locked);
            EnsureTakesChanges();
            var cas = NextCas();
            var time = TimeSpan.FromSeconds(seconds is 0 or > DocumentLock.MostSeconds ? DocumentLock.DefaultSeconds : seconds);
            (_locks ??= []).AddOrUpdate(live, new DocumentLock(cas, _settings.Time.GetUtcNow() + time));
            return Done(live) with { ShownCas = cas };
        }
    }

    public DocumentOutcome Unlock(ReadOnlySpan<byte> key, ulong cas)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (FindLock(live) is not { } held)
                return DocumentOutcome.Refused(Status.NotLocked);
            if (held.Cas != cas)
                return DocumentOutcome.Refused(Status.Locked);
            held.Release();
            return Done(live) with { ShownCas = 0 };
        }
    }

    /// <summary>The lock that is held on a version now; null for none.</summary>
    private DocumentLock? FindLock(StoredItem item) =>
        _locks is not null && _locks.TryGetValue(item, out var found) && found.IsHeldAt(_settings.Time.GetUtcNow()) ? found : null;

    /// <summary>A version's cas: its own, or what a lock gave it.</summary>
    private ulong CasOf(StoredItem item) => _locks is not null && _locks.TryGetValue(item, out var found) ? found.Cas : item.Cas;

    /// <summary>Whether a change that expects a cas (0 for any) may replace a version.</summary>
    private Status CheckChange(StoredItem live, ulong cas)
    {
        if (FindLock(live) is { } held)
            return held.Cas == cas ? Status.Success : Status.Locked;
        return cas == 0 || cas == CasOf(live) ? Status.Success : Status.KeyExists;
    }

    /// <summary>A version as readers see it.</summary>
    private DocumentOutcome Show(StoredItem item) => _locks is null || !_locks.TryGetValue(item, out var found)
        ? Done(item)
        : Done(item) with { ShownCas = found.IsHeldAt(_settings.Time.GetUtcNow()) ? DocumentLock.LockedCas : found.Cas };
}
