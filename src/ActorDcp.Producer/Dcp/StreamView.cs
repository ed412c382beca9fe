using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// What a stream shows of its vbucket (dcp-reference.md 3.3): everything; on a connection without Collections the default collection
/// alone; or the collections or the scope that were asked for, followed through their events. Guarded by the connection's gate.
/// </summary>
internal sealed class StreamView
{
    private readonly HashSet<uint>? _collections;
    private readonly uint? _scope;
    private readonly bool _showsEvents;
    private readonly bool _showsSettings;
    private readonly bool _showsSyncWrites;
    private bool _scopeIsGone;

    private StreamView(HashSet<uint>? collections, uint? scope, bool showsEvents, DcpSession session)
    {
        _collections = collections;
        _scope = scope;
        _showsEvents = showsEvents;
        _showsSettings = showsEvents && session.FlatSystemEvents;
        _showsSyncWrites = session.SyncWrites;
    }

    /// <summary>Whether collections were asked for, or only one can be seen.</summary>
    public bool IsFiltered => _collections is not null;

    /// <summary>Whether it shows every document there is.</summary>
    public bool ShowsAllDocuments => _collections is null;

    /// <summary>Whether the connection knows no collections, and so neither events nor SEQNO_ADVANCED.</summary>
    public bool IsLegacy => !_showsEvents;

    /// <summary>The collection, when just one was asked for: its backfill may come out of order.</summary>
    public uint? Single => _showsEvents && _scope is null && _collections is { Count: 1 } ? _collections.First() : null;

    /// <summary>The collections that can be seen now; null for all.</summary>
    public IReadOnlyCollection<uint>? Collections => _collections;

    public static StreamView Of(DcpSession session, StreamFilter filter, BucketManifest manifest)
    {
        if (!session.Collections)
            return new StreamView([0], null, showsEvents: false, session);
        HashSet<uint>? collections = filter.Collections is { } asked ? [.. asked] : null;
        if (filter.Scope is { } scope)
            collections = [.. manifest.Scopes.Where(candidate => candidate.Id == scope).SelectMany(found => found.Collections).Select(found => found.Id)];
        return new StreamView(collections, filter.Scope, showsEvents: true, session);
    }

    /// <summary>Highest seqno of the collections that are shown; null when that is all.</summary>
    public ulong? HighSeqnoOf(VBucket vbucket) =>
        _collections is null ? null : _collections.Aggregate(0UL, (high, id) => Math.Max(high, vbucket.CollectionHighSeqno(id) ?? 0));

    /// <summary>Whether a change is shown.</summary>
    public bool Shows(StoredItem item) => item.Kind switch
    {
        ItemKind.Mutation or ItemKind.Deletion or ItemKind.Expiration => _collections is null || ShowsKey(item.Key),
        ItemKind.SystemEvent => _showsEvents && ShowsEvent(item),
        ItemKind.Prepare or ItemKind.Abort => _showsSyncWrites && (_collections is null || ShowsKey(item.Key)),
        _ => false,
    };

    /// <summary>Whether a change that is not shown is told of by its seqno: the end of a durable write without effect (10.4).</summary>
    public bool AdvancesOver(StoredItem item) =>
        item.Kind == ItemKind.Abort && _showsEvents && !_showsSyncWrites && (_collections is null || ShowsKey(item.Key));

    /// <summary>Looks ahead in a slice for collections that begin in the scope asked for, so that their documents are seen.</summary>
    public void Prepare(in LogSlice slice)
    {
        if (_scope is not { } scope)
            return;
        for (var index = slice.From; index < slice.To; index++)
        {
            if (slice.Items[index] is not { Kind: ItemKind.SystemEvent } item)
                continue;
            var told = SystemEventRecord.Read(item);
            if (told.ScopeId == scope && told.Kind == CollectionEventKind.CollectionBegin)
                _collections!.Add(told.CollectionId);
        }
    }

    /// <summary>An event was sent. True when nothing can follow, because all that was asked for is dropped.</summary>
    public bool IsOverAfter(StoredItem item)
    {
        if (item.Kind != ItemKind.SystemEvent || _collections is null)
            return false;
        var told = SystemEventRecord.Read(item);
        if (_scope is not null)
            return _scopeIsGone |= told.Kind == CollectionEventKind.ScopeDrop;
        return told.Kind == CollectionEventKind.CollectionEnd && _collections.Remove(told.CollectionId) && _collections.Count == 0;
    }

    private bool ShowsKey(ReadOnlySpan<byte> key) => _collections!.Contains(VBucket.CollectionOf(key));

    private bool ShowsEvent(StoredItem item)
    {
        var told = SystemEventRecord.Read(item);
        if (told.Kind == CollectionEventKind.CollectionModify && !_showsSettings)
            return false;
        if (_collections is null)
            return true;
        return _scope is { } scope ? told.ScopeId == scope : !told.IsAboutScope && _collections.Contains(told.CollectionId);
    }
}
