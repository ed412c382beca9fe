namespace ActorDcp.Producer.Collections;

/// <summary>
/// The scopes and collections as the log of one vbucket has told them so far, with the high seqno of each collection. On an active
/// vbucket this follows the bucket's manifest, on a replica the system events it receives. Guarded by the vbucket.
/// </summary>
internal sealed class VBucketCollections
{
    private readonly Dictionary<uint, KnownCollection> _collections = [];
    private readonly Dictionary<uint, string> _scopes = [];
    private KnownCollection? _default;

    public VBucketCollections() => Reset();

    /// <summary>Newest manifest whose events all stand in the log.</summary>
    public ulong ManifestUid { get; private set; }

    public void Reset()
    {
        _collections.Clear();
        _scopes.Clear();
        _scopes[0] = CollectionNames.Default;
        _default = _collections[0] = new KnownCollection(0, new ManifestCollection(0, CollectionNames.Default));
        ManifestUid = 0;
    }

    public bool Contains(uint collection) => collection == 0 ? _default is not null : _collections.ContainsKey(collection);

    /// <summary>Highest seqno of a collection; null when there is none of the id.</summary>
    public ulong? HighSeqno(uint collection) => Find(collection)?.HighSeqno;

    public uint? MaxTtl(uint collection) => Find(collection)?.Settings.MaxTtl;

    public void NoteChange(uint collection, ulong seqno)
    {
        if (Find(collection) is { } known && seqno > known.HighSeqno)
            known.HighSeqno = seqno;
    }

    /// <summary>Takes note of a change, and counts it as stored or deleted.</summary>
    public void NoteChange(uint collection, ulong seqno, bool isStored)
    {
        if (Find(collection) is not { } known)
            return;
        if (seqno > known.HighSeqno)
            known.HighSeqno = seqno;
        if (isStored)
            known.Stores++;
        else
            known.Deletes++;
    }

    public void CountGet(uint collection)
    {
        if (Find(collection) is { } known)
            known.Gets++;
    }

    public (long Stores, long Deletes, long Gets) CountOperations(uint collection) =>
        Find(collection) is { } known ? (known.Stores, known.Deletes, known.Gets) : default;

    /// <summary>Follows an event of the log.</summary>
    public void Note(SystemEventRecord told, ulong seqno)
    {
        ManifestUid = Math.Max(ManifestUid, told.ManifestUid);
        switch (told.Kind)
        {
            case CollectionEventKind.CollectionBegin or CollectionEventKind.CollectionModify:
                Begin(told, seqno);
                break;
            case CollectionEventKind.CollectionEnd:
                _collections.Remove(told.CollectionId);
                if (told.CollectionId == 0)
                    _default = null;
                break;
            case CollectionEventKind.ScopeCreate:
                _scopes[told.ScopeId] = told.Name;
                break;
            case CollectionEventKind.ScopeDrop:
                _scopes.Remove(told.ScopeId);
                break;
        }
    }

    /// <summary>
    /// The events that lead from here to a manifest, in Couchbase's order (dcp-reference.md 3.12): collections dropped, scopes
    /// created, collections created, settings changed, scopes dropped. Only the last carries the manifest's uid. Of each kind the
    /// newest scopes and collections come first, as recorded; the collections that begin in a scope, in the manifest's order.
    /// </summary>
    public List<SystemEventRecord> DifferencesTo(BucketManifest manifest)
    {
        var wanted = manifest.Scopes.Reverse().SelectMany(scope => scope.Collections, (scope, collection) => (scope.Id, Collection: collection)).ToList();
        var events = new List<SystemEventRecord>();
        foreach (var known in _collections.Values.Where(known => !manifest.HasCollection(known.Settings.Id)).OrderByDescending(known => known.Order))
            events.Add(Event(CollectionEventKind.CollectionEnd, known.ScopeId, known.Settings));
        foreach (var scope in manifest.Scopes.Reverse())
            if (!_scopes.ContainsKey(scope.Id))
                events.Add(ScopeEvent(CollectionEventKind.ScopeCreate, scope.Id, scope.Name));
        foreach (var (scope, collection) in wanted)
            if (!Contains(collection.Id))
                events.Add(Event(CollectionEventKind.CollectionBegin, scope, collection));
        foreach (var (scope, collection) in wanted)
            if (Find(collection.Id) is { } known && !HaveSameSettings(known.Settings, collection))
                events.Add(Event(CollectionEventKind.CollectionModify, scope, collection));
        foreach (var (id, name) in _scopes.Where(scope => !manifest.HasScope(scope.Key)).OrderByDescending(scope => scope.Key))
            events.Add(ScopeEvent(CollectionEventKind.ScopeDrop, id, name));
        if (events.Count > 0)
            events[^1] = events[^1] with { ManifestUid = manifest.Uid.Value };
        return events;
    }

    private static bool HaveSameSettings(ManifestCollection known, ManifestCollection wanted) =>
        known.MaxTtl == wanted.MaxTtl && known.History == wanted.History;

    private KnownCollection? Find(uint collection) => collection == 0 ? _default : _collections.GetValueOrDefault(collection);

    private void Begin(SystemEventRecord told, ulong seqno)
    {
        var settings = new ManifestCollection(told.CollectionId, told.Name, told.MaxTtl, told.History);
        if (Find(told.CollectionId) is { } known)
        {
            known.Settings = settings;
            known.HighSeqno = Math.Max(known.HighSeqno, seqno);
            return;
        }
        known = _collections[told.CollectionId] = new KnownCollection(told.ScopeId, settings) { HighSeqno = seqno, Order = seqno };
        if (told.CollectionId == 0)
            _default = known;
    }

    private SystemEventRecord Event(CollectionEventKind kind, uint scope, ManifestCollection collection) =>
        new(kind, ManifestUid, scope, collection.Id, collection.Name, collection.MaxTtl, collection.History);

    private SystemEventRecord ScopeEvent(CollectionEventKind kind, uint scope, string name) => new(kind, ManifestUid, scope, 0, name);

    private sealed class KnownCollection(uint scopeId, ManifestCollection settings)
    {
        public uint ScopeId { get; } = scopeId;

        public ManifestCollection Settings { get; set; } = settings;

        public ulong HighSeqno { get; set; }

        public long Stores { get; set; }

        public long Deletes { get; set; }

        public long Gets { get; set; }

        /// <summary>Seqno of its begin.</summary>
        public ulong Order { get; init; }
    }
}
