using System.Buffers.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>The data operations of a vbucket (dcp-reference.md 3.21).</summary>
internal sealed partial class VBucket
{
    private uint Now => (uint)_settings.Time.GetUtcNow().ToUnixTimeSeconds();

    public DocumentOutcome Get(ReadOnlySpan<byte> key)
    {
        lock (_gate)
            return FindLive(key, out _) is { } item ? Done(item) : DocumentOutcome.Refused(Status.KeyNotFound);
    }

    /// <summary>A key's metadata, of a tombstone too.</summary>
    public DocumentOutcome GetWithTombstone(ReadOnlySpan<byte> key)
    {
        lock (_gate)
        {
            FindLive(key, out var newest);
            return newest is not null ? Done(newest) : DocumentOutcome.Refused(Status.KeyNotFound);
        }
    }

    public DocumentOutcome Store(in StoreRequest request)
    {
        lock (_gate)
        {
            var now = Now;
            var live = FindLive(request.Key, out var newest);
            if (request.Mode == StoreMode.Add && live is not null)
                return DocumentOutcome.Refused(Status.KeyExists);
            if (live is null && (request.Mode == StoreMode.Replace || request.Cas != 0))
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (live is not null && request.Cas != 0 && request.Cas != live.Cas)
                return DocumentOutcome.Refused(Status.KeyExists);
            var expiry = request.PreserveExpiry && live is not null ? live.Expiry : ExpiryField.ToAbsolute(request.Expiry, now);
            return Done(Apply(newest, request.Key, request.Value, request.Flags, expiry, request.Datatype, ItemKind.Mutation));
        }
    }

    public DocumentOutcome Delete(ReadOnlySpan<byte> key, ulong cas)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (cas != 0 && cas != live.Cas)
                return DocumentOutcome.Refused(Status.KeyExists);
            return Done(Apply(live, live.Key, default, 0, Now, Datatype.Raw, ItemKind.Deletion));
        }
    }

    /// <summary>Sets the expiry. The same expiry again changes nothing.</summary>
    public DocumentOutcome Touch(ReadOnlySpan<byte> key, uint expiryField)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            var expiry = LimitExpiry(live.Key, ExpiryField.ToAbsolute(expiryField, Now));
            return Done(expiry == live.Expiry
                ? live
                : Apply(live, live.Key, live.Value, live.Flags, expiry, live.Datatype, ItemKind.Mutation));
        }
    }

    /// <summary>Adds bytes behind or before a document's value.</summary>
    public DocumentOutcome Concatenate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes, ulong cas, bool behind)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.NotStored);
            if (cas != 0 && cas != live.Cas)
                return DocumentOutcome.Refused(Status.KeyExists);
            if (live.ValueLength + bytes.Length > DocumentLimits.MaxValueLength)
                return DocumentOutcome.Refused(Status.TooBig);
            byte[] value = behind ? [.. live.Value, .. bytes] : [.. bytes, .. live.Value];
            return Done(Apply(live, live.Key, value, live.Flags, live.Expiry, JsonDetection.DatatypeOf(value), ItemKind.Mutation));
        }
    }

    /// <summary>Counts up or down. The new number is the document's value.</summary>
    public DocumentOutcome Count(in CounterRequest request)
    {
        lock (_gate)
        {
            Span<byte> digits = stackalloc byte[20];
            if (FindLive(request.Key, out var newest) is not { } live)
            {
                if (request.Expiry == uint.MaxValue)
                    return DocumentOutcome.Refused(Status.KeyNotFound);
                Utf8Formatter.TryFormat(request.Initial, digits, out var initialLength);
                var expiry = ExpiryField.ToAbsolute(request.Expiry, Now);
                return Done(Apply(newest, request.Key, digits[..initialLength], 0, expiry, Datatype.Json, ItemKind.Mutation));
            }
            if (request.Cas != 0 && request.Cas != live.Cas)
                return DocumentOutcome.Refused(Status.KeyExists);
            if (!Utf8Parser.TryParse(live.Value, out ulong number, out var consumed) || consumed != live.ValueLength)
                return DocumentOutcome.Refused(Status.DeltaBadValue);
            var next = request.Up ? unchecked(number + request.Delta) : number - Math.Min(number, request.Delta);
            Utf8Formatter.TryFormat(next, digits, out var length);
            return Done(Apply(live, live.Key, digits[..length], live.Flags, live.Expiry, Datatype.Json, ItemKind.Mutation));
        }
    }

    /// <summary>Expires what is due. Returns how many documents did.</summary>
    public int RunExpiryPager()
    {
        lock (_gate)
        {
            var now = Now;
            if (now < _earliestExpiry || !TakesChanges)
                return 0;
            var due = _newest.Where(item => item.IsExpiredAt(now)).OrderBy(item => item.Seqno).ToList();
            foreach (var item in due)
                Expire(item, now);
            _earliestExpiry = uint.MaxValue;
            foreach (var item in _newest)
                NoteExpiry(item);
            return due.Count;
        }
    }

    private void NoteExpiry(StoredItem item)
    {
        if (item is { Kind: ItemKind.Mutation, Expiry: not 0 })
            _earliestExpiry = Math.Min(_earliestExpiry, item.Expiry);
    }

    /// <summary>A key's document, if it is neither deleted nor expired. What is due expires here.</summary>
    /// <param name="key">Collection prefix and key.</param>
    /// <param name="newest">The key's newest change, of a tombstone too.</param>
    private StoredItem? FindLive(ReadOnlySpan<byte> key, out StoredItem? newest)
    {
        if (!_byKey.TryGetValue(key, out newest) || newest.IsDeleted)
            return null;
        var item = newest;
        if (item.Expiry == 0)
            return item;
        var now = Now;
        if (!item.IsExpiredAt(now))
            return item;
        if (TakesChanges)
            newest = Expire(item, now);
        return null;
    }

    private StoredItem Expire(StoredItem item, uint now) => FindPending(item.Key) is not null ? item : Apply(item, item.Key, default, 0, now, Datatype.Raw, ItemKind.Expiration);

    private StoredItem Apply(
        StoredItem? old, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint flags, uint expiry, Datatype datatype, ItemKind kind)
    {
        EnsureTakesChanges();
        if (kind != ItemKind.SystemEvent)
            expiry = EnterCollection(key, expiry, kind);
        if (Divert(old, key, value, flags, expiry, datatype, kind) is { } diverted)
            return diverted;
        var item = StoredItem.Create(key, value, new ItemMetadata(
            _highSeqno + 1, NextCas(), (old?.Rev ?? _maxDeletedRev) + 1, flags, expiry, datatype, kind));
        AppendDocument(old, item);
        return item;
    }

    /// <summary>Makes a change the newest of its key.</summary>
    private void AppendDocument(StoredItem? old, StoredItem item)
    {
        if (old is not null)
        {
            old.SupersededAt = item.Seqno;
            _supersededCount++;
            _newest.Remove(old);
            _obsolete?.Add(old.Seqno);
        }
        _newest.Add(item);
        NoteExpiry(item);
        if (item.Kind is ItemKind.Deletion or ItemKind.Expiration)
            _maxDeletedRev = Math.Max(_maxDeletedRev, item.Rev);
        CloseCheckpointBefore(item, old);
        Append(item, old?.Seqno ?? ReplacePurged(item));
    }

    private void Append(StoredItem item, ulong supersededSeqno)
    {
        _log.Append(item);
        TrackCollection(item);
        _checkpoints.Append(item.Seqno, supersededSeqno);
        Volatile.Write(ref _highSeqno, item.Seqno);
        _checkpoints.Expel(PersistedSeqno);
        CompactIfWorthIt();
        foreach (var listener in _listeners)
            listener.OnChanged();
        _changed?.Invoke(this);
    }

    /// <summary>A key comes back while checkpoints hold its purged tombstone: in the open one the new change takes its place.</summary>
    private ulong ReplacePurged(StoredItem item)
    {
        if (_purgedInMemory.Count == 0 || !_purgedInMemory.TryGetValue(item, out var tombstone))
            return 0;
        _purgedInMemory.Remove(tombstone);
        tombstone.SupersededAt = item.Seqno;
        return tombstone.Seqno;
    }

    /// <summary>Hybrid logical clock: nanoseconds with the low 16 bits for what happens within one tick (dcp-reference.md 5.2).</summary>
    private ulong NextCas()
    {
        var ticks = (ulong)(_settings.Time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks);
        var wall = ticks * 100 & ~0xffffUL;
        return _lastCas = Math.Max(wall, _lastCas + 1);
    }

    private DocumentOutcome Done(StoredItem item) => item is RefusedItem refused
        ? DocumentOutcome.Refused(refused.Status)
        : new DocumentOutcome(Status.Success, item, _failovers.Newest.Uuid);
}
