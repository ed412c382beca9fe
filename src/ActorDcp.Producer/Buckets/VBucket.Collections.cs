using ActorDcp.Producer.Collections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Scopes and collections in the log of a vbucket (dcp-reference.md 3.12).</summary>
internal sealed partial class VBucket
{
    private readonly VBucketCollections _collections = new();

    /// <summary>Writes the events that lead to a manifest into the log of an active vbucket; others learn them from the one that feeds them.</summary>
    public void ApplyManifest(BucketManifest manifest)
    {
        lock (_gate)
        {
            if (!TakesChanges)
                return;
            foreach (var told in _collections.DifferencesTo(manifest))
                AppendSystemEvent(told);
        }
    }

    /// <summary>Newest manifest whose events all stand in the log.</summary>
    public ulong ManifestUid
    {
        get
        {
            lock (_gate)
                return _collections.ManifestUid;
        }
    }

    /// <summary>Highest seqno of a collection, its begin counted; null when this vbucket has no such collection.</summary>
    public ulong? CollectionHighSeqno(uint collection)
    {
        lock (_gate)
            return _collections.HighSeqno(collection);
    }

    /// <summary>The collection of a stored key.</summary>
    public static uint CollectionOf(ReadOnlySpan<byte> key) => Leb128.TryRead(key, out var collection, out _) ? collection : 0;

    /// <summary>What a document of a collection may live to at most: its expiry, or the collection's longest time from now.</summary>
    private uint LimitExpiry(ReadOnlySpan<byte> key, uint expiry)
    {
        if (_collections.MaxTtl(CollectionOf(key)) is not { } ttl || ttl == 0)
            return expiry;
        var last = Now + ttl;
        return expiry == 0 || expiry > last ? last : expiry;
    }

    /// <summary>A document is about to be written: its collection may just have been dropped, and limits its expiry.</summary>
    /// <exception cref="UnknownCollectionException">It was dropped after the request was looked at.</exception>
    private uint EnterCollection(ReadOnlySpan<byte> key, uint expiry, ItemKind kind)
    {
        var collection = CollectionOf(key);
        if (!_collections.Contains(collection))
            throw new UnknownCollectionException(collection);
        return kind == ItemKind.Mutation ? LimitExpiry(key, expiry) : expiry;
    }

    /// <summary>A collection's begin, end and new settings each begin a checkpoint; a scope's end is the last of its checkpoint.</summary>
    private void AppendSystemEvent(SystemEventRecord told)
    {
        if (told.Kind == CollectionEventKind.CollectionEnd)
            Abort(pending => CollectionOf(pending.Prepare.Key) == told.CollectionId);
        if (!told.IsAboutScope)
            CloseCheckpointIfUsed();
        _byKey.TryGetValue(told.ToKey(), out var old);
        Apply(old, told.ToKey(), told.ToValue(), (uint)told.Kind, 0, Datatype.Raw, ItemKind.SystemEvent);
        if (told.Kind == CollectionEventKind.ScopeDrop)
            CloseCheckpointIfUsed();
    }

    private void CloseCheckpointIfUsed()
    {
        if (_checkpoints.Open.LastSeqno >= _checkpoints.Open.FirstSeqno)
            _checkpoints.CloseOpen(_highSeqno + 1);
    }

    private bool IsNewestOfItsCollection(StoredItem item) =>
        item.Kind != ItemKind.SystemEvent && _collections.HighSeqno(CollectionOf(item.Key)) == item.Seqno;

    /// <summary>Every change that enters the log passes here, whoever made it.</summary>
    private void TrackCollection(StoredItem item)
    {
        // a collection's high seqno is that of what can be seen
        if (item.IsBesideDocuments)
            return;
        if (item.Kind != ItemKind.SystemEvent)
        {
            _collections.NoteChange(CollectionOf(item.Key), item.Seqno, item.Kind == ItemKind.Mutation);
            return;
        }
        var told = SystemEventRecord.Read(item);
        _collections.Note(told, item.Seqno);
        if (told.Kind == CollectionEventKind.CollectionEnd)
            LeaveOutDocuments(told.CollectionId, item.Seqno);
    }

    /// <summary>Documents of a dropped collection are replaced by its end: snapshots that reach it leave them out, and a rollback behind it brings them back.</summary>
    private void LeaveOutDocuments(uint collection, ulong endSeqno)
    {
        var settings = new SystemEventRecord(CollectionEventKind.CollectionModify, 0, 0, collection, "").ToKey();
        var gone = _newest.Where(item => item.Seqno != endSeqno && (item.Kind == ItemKind.SystemEvent
            ? item.Key.SequenceEqual(settings)
            : CollectionOf(item.Key) == collection)).ToList();
        gone.AddRange(_besideDocuments.Where(item => CollectionOf(item.Key) == collection));
        foreach (var item in gone)
        {
            item.SupersededAt = endSeqno;
            _supersededCount++;
            (item.IsBesideDocuments ? _besideDocuments : _newest).Remove(item);
            _obsolete?.Add(item.Seqno);
        }
        // a copy may have received the prepare and then, from disk, the end without the abort between them
        foreach (var pending in _durability.Pending.Where(pending => CollectionOf(pending.Prepare.Key) == collection).ToList())
            _durability.Complete(pending.Prepare.Seqno);
    }

    /// <summary>After a rollback or at a start: the collections as the changes that are left tell them.</summary>
    private void RebuildCollections()
    {
        _collections.Reset();
        var events = _newest.Where(item => item.Kind == ItemKind.SystemEvent).OrderBy(item => item.Seqno);
        foreach (var item in events)
            _collections.Note(SystemEventRecord.Read(item), item.Seqno);
        foreach (var item in _newest)
            if (item.Kind != ItemKind.SystemEvent)
                _collections.NoteChange(CollectionOf(item.Key), item.Seqno);
    }
}
