using System.Buffers.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>The data operations of a vbucket (dcp-reference.md 3.21).</summary>
internal sealed partial class VBucket
{
    private ulong _reservedCas;

    private uint Now => (uint)_settings.Time.GetUtcNow().ToUnixTimeSeconds();

    public DocumentOutcome Get(ReadOnlySpan<byte> key)
    {
        lock (_gate)
            return FindUsed(key) is { } item ? Show(item) : DocumentOutcome.Refused(Status.KeyNotFound);
    }

    /// <summary>Whether a key's newest change was read back at the start, and has not been asked for since.</summary>
    public bool IsOnDiskAlone(ReadOnlySpan<byte> key)
    {
        lock (_gate)
            return _byKey.TryGetValue(key, out var newest) && newest.IsCold;
    }

    public void FetchFromDisk(ReadOnlySpan<byte> key)
    {
        lock (_gate)
            if (_byKey.TryGetValue(key, out var newest))
                newest.IsCold = false;
    }

    /// <summary>A key's newest change, a tombstone too.</summary>
    public DocumentOutcome GetWithTombstone(ReadOnlySpan<byte> key)
    {
        lock (_gate)
        {
            FindLive(key, out var newest);
            return newest is not null ? Show(newest) : DocumentOutcome.Refused(Status.KeyNotFound);
        }
    }

    /// <summary>Stores a document. Extended attributes that it has stay.</summary>
    public DocumentOutcome Store(in StoreRequest request)
    {
        lock (_gate)
        {
            var live = FindLive(request.Key, out var newest);
            if (request.Mode == StoreMode.Add && live is not null)
                return DocumentOutcome.Refused(Status.KeyExists);
            if (live is null && (request.Mode == StoreMode.Replace || request.Cas != 0))
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (live is not null && CheckChange(live, request.Cas) is not Status.Success and var status)
                return DocumentOutcome.Refused(status);
            var expiry = request.PreserveExpiry && live is not null ? live.Expiry : ExpiryFor(request.Key, request.Expiry);
            var datatype = request.Datatype;
            var value = DocumentValue.KeepXattrs(live, request.Value, ref datatype);
            return Done(Apply(newest, request.Key, value, request.Flags, expiry, datatype, ItemKind.Mutation));
        }
    }

    /// <summary>Deletes a document. Its system attributes stay.</summary>
    public DocumentOutcome Delete(ReadOnlySpan<byte> key, ulong cas)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (CheckChange(live, cas) is not Status.Success and var status)
                return DocumentOutcome.Refused(status);
            return Done(Bury(live, Now, ItemKind.Deletion));
        }
    }

    /// <summary>Sets the expiry. The same expiry again changes nothing.</summary>
    public DocumentOutcome Touch(ReadOnlySpan<byte> key, uint expiryField)
    {
        lock (_gate)
        {
            if (FindUsed(key) is not { } live)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (FindLock(live) is not null)
                return DocumentOutcome.Refused(Status.Locked);
            var expiry = ExpiryFor(key, expiryField);
            return expiry == live.Expiry
                ? Show(live)
                : Done(Apply(live, live.Key, live.Value, live.Flags, expiry, live.Datatype, ItemKind.Mutation));
        }
    }

    /// <summary>Adds bytes behind or before a document's value.</summary>
    public DocumentOutcome Concatenate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes, ulong cas, bool behind)
    {
        lock (_gate)
        {
            if (FindLive(key, out _) is not { } live)
                return DocumentOutcome.Refused(Status.NotStored);
            if (CheckChange(live, cas) is not Status.Success and var status)
                return DocumentOutcome.Refused(status);
            var old = DocumentValue.BodyOf(live);
            if (old.Length + bytes.Length > DocumentLimits.MaxValueLength)
                return DocumentOutcome.Refused(Status.TooBig);
            byte[] body = behind ? [.. old, .. bytes] : [.. bytes, .. old];
            return Done(ReplaceBody(live, body, JsonDetection.DatatypeOf(body)));
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
                var expiry = ExpiryFor(request.Key, request.Expiry);
                return Done(Apply(newest, request.Key, digits[..initialLength], 0, expiry, Datatype.Json, ItemKind.Mutation));
            }
            if (CheckChange(live, request.Cas) is not Status.Success and var status)
                return DocumentOutcome.Refused(status);
            var body = DocumentValue.BodyOf(live);
            if (!Utf8Parser.TryParse(body, out ulong number, out var consumed) || consumed != body.Length)
                return DocumentOutcome.Refused(Status.DeltaBadValue);
            var next = request.Up ? unchecked(number + request.Delta) : number - Math.Min(number, request.Delta);
            Utf8Formatter.TryFormat(next, digits, out var length);
            return Done(ReplaceBody(live, digits[..length], Datatype.Json));
        }
    }

    /// <summary>A document that is alive, the first behind a place in the log that chance chose.</summary>
    public DocumentOutcome GetRandom(uint collection)
    {
        lock (_gate)
        {
            var now = Now;
            var items = _log.Items;
            var from = items.IsEmpty ? 0 : Random.Shared.Next(items.Length);
            for (var i = 0; i < items.Length; i++)
            {
                var item = items[(from + i) % items.Length];
                if (item.Kind == ItemKind.Mutation && item.SupersededAt == 0 && !item.IsExpiredAt(now) && CollectionOf(item.Key) == collection)
                    return Show(item);
            }
            return DocumentOutcome.Refused(Status.KeyNotFound);
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

    /// <summary>A tombstone that is persisted is not kept in memory; a key that comes back later is used anew.</summary>
    private bool IsInMemoryAlone(StoredItem tombstone) => _settings.Ephemeral || tombstone.Seqno > PersistedSeqno;

    /// <summary>A key's document, for somebody who reads it.</summary>
    private StoredItem? FindUsed(ReadOnlySpan<byte> key)
    {
        if (FindLive(key, out _) is not { } item)
            return null;
        item.Frequency = FrequencyCounter.Next(item.Frequency);
        CountGet(key);
        return item;
    }

    private StoredItem Expire(StoredItem item, uint now) =>
        FindPending(item.Key) is not null ? item : Bury(item, now, ItemKind.Expiration);

    /// <summary>Makes a tombstone of a document: only its system attributes stay.</summary>
    private StoredItem Bury(StoredItem item, uint now, ItemKind kind)
    {
        var attributes = DocumentValue.SystemXattrsOf(item);
        return Apply(item, item.Key, attributes, 0, now, attributes.Length > 0 ? Datatype.Xattr : Datatype.Raw, kind);
    }

    private StoredItem ReplaceBody(StoredItem live, ReadOnlySpan<byte> body, Datatype datatype)
    {
        var value = DocumentValue.KeepXattrs(live, body, ref datatype);
        return Apply(live, live.Key, value, live.Flags, live.Expiry, datatype, ItemKind.Mutation);
    }

    /// <summary>A request's expiry field as the time it means, no later than the collection's longest time to live allows.</summary>
    private uint ExpiryFor(ReadOnlySpan<byte> key, uint field) => LimitExpiry(key, ExpiryField.ToAbsolute(field, Now));

    private StoredItem Apply(
        StoredItem? old, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint flags, uint expiry, Datatype datatype, ItemKind kind,
        ForeignVersion? version = null)
    {
        EnsureTakesChanges();
        if (kind != ItemKind.SystemEvent)
            expiry = EnterCollection(key, expiry, kind);
        if (Divert(old, key, value, flags, expiry, datatype, kind) is { } diverted)
            return diverted;
        var item = StoredItem.Create(key, value, new ItemMetadata(
            _highSeqno + 1, version?.Cas ?? NextCas(), version?.Rev ?? (old?.Rev ?? _maxDeletedRev) + 1, flags, expiry, datatype, kind));
        AppendDocument(old, item);
        return item;
    }

    /// <summary>Makes a change the newest of its key.</summary>
    private void AppendDocument(StoredItem? old, StoredItem item)
    {
        NoteRevision(item);
        CountChange(item, old);
        if (old is not null)
        {
            if (!old.IsDeleted || IsInMemoryAlone(old))
                item.Frequency = old.Frequency;
            old.SupersededAt = item.Seqno;
            _supersededCount++;
            _newest.Remove(old);
            _obsolete?.Add(old.Seqno);
        }
        if (item.IsDeleted)
            item.Frequency = 0;
        _newest.Add(item);
        NoteExpiry(item);
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

    /// <summary>A key without history continues from the highest rev that was deleted; an expiry counts one more, as recorded.</summary>
    private void NoteRevision(StoredItem item)
    {
        _lastCas = Math.Max(_lastCas, item.Cas);
        if (item.Kind is ItemKind.Deletion or ItemKind.Expiration)
            _maxDeletedRev = Math.Max(_maxDeletedRev, item.Rev + (item.Kind == ItemKind.Expiration ? 1u : 0u));
    }

    /// <summary>Takes the next change's cas in advance, for what is written into its value.</summary>
    private ulong ReserveCas()
    {
        _reservedCas = 0;
        return _reservedCas = NextCas();
    }

    /// <summary>Hybrid logical clock: nanoseconds with the low 16 bits for what happens within one tick (dcp-reference.md 5.2).</summary>
    private ulong NextCas()
    {
        if (_reservedCas != 0)
        {
            var reserved = _reservedCas;
            _reservedCas = 0;
            return reserved;
        }
        var ticks = (ulong)(_settings.Time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks);
        var wall = ticks * 100 & ~0xffffUL;
        if (wall <= _lastCas)
            _ticks++;
        return _lastCas = Math.Max(wall, _lastCas + 1);
    }

    private DocumentOutcome Done(StoredItem item) => item is RefusedItem refused
        ? DocumentOutcome.Refused(refused.Status)
        : new DocumentOutcome(Status.Success, item, _failovers.Newest.Uuid);
}
