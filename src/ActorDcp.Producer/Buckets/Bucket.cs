using System.IO.Hashing;
using System.Text;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.Storage;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>
/// A bucket on the embedded producer: its vbuckets, and a way to write into them without a socket.
/// Every member is safe to call from any thread.
/// </summary>
public sealed class Bucket
{
    private const uint DefaultCollection = 0;
    private readonly VBucket?[] _vbuckets;
    private readonly BucketStore? _store;
    private readonly IVBucketRoute? _route;

    /// <summary>The copies of one node. A vbucket without a role has none there.</summary>
    internal Bucket(BucketSettings settings, string uuid, Func<VBucketId, VBucketState?> roleOf, BucketStore? store = null, StoredBucket? stored = null)
    {
        Settings = settings;
        Uuid = uuid;
        _store = store;
        var known = stored?.VBuckets.ToDictionary(vbucket => vbucket.Id) ?? [];
        _vbuckets = new VBucket?[settings.VBuckets];
        for (var i = 0; i < _vbuckets.Length; i++)
        {
            var id = VBucketId.From(i);
            if (roleOf(id) is { } role)
                _vbuckets[i] = Open(id, role, known.GetValueOrDefault(id));
        }
        settings.Collections.Attach(this);
    }

    /// <summary>The whole bucket: what is asked of a vbucket goes to its active copy.</summary>
    internal Bucket(BucketSettings settings, string uuid, IVBucketRoute route)
    {
        Settings = settings;
        Uuid = uuid;
        _route = route;
        _vbuckets = new VBucket?[settings.VBuckets];
    }

    /// <summary>Its name.</summary>
    public string Name => Settings.Name;

    /// <summary>Names the bucket for good: 32 hexadecimal digits, kept in the data folder.</summary>
    public string Uuid { get; }

    /// <summary>How many vbuckets it has.</summary>
    public int VBucketCount => _vbuckets.Length;

    /// <summary>Documents that are neither deleted nor expired.</summary>
    public long DocumentCount => VBuckets.Sum(vbucket => (long)vbucket.DocumentCount);

    /// <summary>Its scopes and collections.</summary>
    public BucketCollections Collections => Settings.Collections;

    internal BucketSettings Settings { get; }

    /// <summary>The copies that are here; of the whole bucket the active ones. In order.</summary>
    internal IEnumerable<VBucket> VBuckets => Enumerable.Range(0, _vbuckets.Length).Select(i => TryFind(VBucketId.From(i))).OfType<VBucket>();

    /// <summary>The vbucket that a key belongs to (dcp-reference.md 2.11).</summary>
    public VBucketId VBucketOf(ReadOnlySpan<byte> key) =>
        VBucketId.From((int)((Crc32.HashToUInt32(key) >> 16) & 0x7fff) % _vbuckets.Length);

    /// <summary>The vbucket that a key belongs to.</summary>
    public VBucketId VBucketOf(string key) => VBucketOf(Encoding.UTF8.GetBytes(key));

    /// <summary>Writes a document into the vbucket of its key.</summary>
    /// <param name="key">1 to 250 bytes of UTF-8.</param>
    /// <param name="value">Up to 20 MiB; copied. Whether it is JSON is found out.</param>
    /// <param name="flags">The client's four bytes.</param>
    /// <param name="expiry">0 never; up to 2,592,000 seconds from now; above, Unix time.</param>
    /// <exception cref="ArgumentException">Key or value too long, or the key empty.</exception>
    /// <exception cref="InvalidOperationException">The vbucket is not active.</exception>
    public MutationResult Set(string key, ReadOnlySpan<byte> value, uint flags = 0, uint expiry = 0) =>
        Set(VBucketOf(key), key, value, flags, expiry);

    /// <summary>Writes a document into a vbucket of the caller's choice.</summary>
    /// <inheritdoc cref="Set(string,ReadOnlySpan{byte},uint,uint)"/>
    public MutationResult Set(VBucketId vbucket, string key, ReadOnlySpan<byte> value, uint flags = 0, uint expiry = 0) =>
        Set(DefaultCollection, vbucket, key, value, flags, expiry);

    internal MutationResult Set(uint collection, VBucketId vbucket, string key, ReadOnlySpan<byte> value, uint flags, uint expiry)
    {
        if (value.Length > DocumentLimits.MaxValueLength)
            throw new ArgumentException($"a value of {value.Length} bytes is above {DocumentLimits.MaxValueLength}", nameof(value));
        var request = new StoreRequest
        {
            Mode = StoreMode.Set,
            Key = PrefixedKey(collection, key),
            Value = value,
            Flags = flags,
            Expiry = expiry,
            Datatype = JsonDetection.DatatypeOf(value),
        };
        while (true)
        {
            try
            {
                return Result(vbucket, Writable(vbucket).Store(request));
            }
            catch (VBucketNotActiveException exception)
            {
                // no filter: that would wait with the vbucket still locked
                if (!HasMoved(exception))
                    throw;
            }
        }
    }

    /// <summary>Writes a text or JSON document.</summary>
    /// <inheritdoc cref="Set(string,ReadOnlySpan{byte},uint,uint)"/>
    public MutationResult Set(string key, string value, uint flags = 0, uint expiry = 0) =>
        Set(key, Encoding.UTF8.GetBytes(value), flags, expiry);

    /// <summary>Deletes a document; null when there is none.</summary>
    public MutationResult? Delete(string key) => Delete(VBucketOf(key), key);

    /// <summary>Deletes a document of a vbucket; null when there is none.</summary>
    public MutationResult? Delete(VBucketId vbucket, string key) => Delete(DefaultCollection, vbucket, key);

    internal MutationResult? Delete(uint collection, VBucketId vbucket, string key)
    {
        var prefixed = PrefixedKey(collection, key);
        while (true)
        {
            try
            {
                var outcome = Writable(vbucket).Delete(prefixed, cas: 0);
                return outcome.Status == Status.Success ? Result(vbucket, outcome) : null;
            }
            catch (VBucketNotActiveException exception)
            {
                // no filter: that would wait with the vbucket still locked
                if (!HasMoved(exception))
                    throw;
            }
        }
    }

    /// <summary>The newest version of a document; null when there is none.</summary>
    public RecordedChange? Get(string key) => Get(DefaultCollection, key);

    /// <summary>A collection to write into and read from.</summary>
    /// <param name="scope">Its scope; empty means the default scope.</param>
    /// <param name="name">Its name; empty means the default collection.</param>
    /// <exception cref="CollectionsException">There is no such collection.</exception>
    public BucketCollection Collection(string scope, string name)
    {
        var found = Collections.Current.Find(scope, name) ?? throw new CollectionsException(
            CollectionsError.CollectionNotFound, $"Collection with name \"{name}\" in scope \"{scope}\" is not found");
        return new BucketCollection(this, found.Id);
    }

    internal RecordedChange? Get(uint collection, string key)
    {
        var vbucket = VBucketOf(key);
        var outcome = Find(vbucket).Get(PrefixedKey(collection, key));
        return outcome.Item is { } item ? Record(vbucket, item) : null;
    }

    /// <summary>Every change of the vbucket's current branch since the process started, in order. For tests.</summary>
    /// <exception cref="InvalidOperationException">The bucket does not keep its history: set <see cref="EmbeddedProducerOptions.KeepHistory"/>.</exception>
    public IReadOnlyList<RecordedChange> History(VBucketId vbucket) => Settings.KeepHistory
        ? Documents(vbucket)
        : throw new InvalidOperationException($"{nameof(EmbeddedProducerOptions.KeepHistory)} is off, so replaced versions are not kept");

    /// <summary>The newest version of each key of a vbucket, tombstones included, in seqno order; with kept history every version.</summary>
    public IReadOnlyList<RecordedChange> Documents(VBucketId vbucket) =>
        [.. Find(vbucket).Changes().Select(item => Record(vbucket, item))];

    /// <summary>Seqno of the newest change.</summary>
    public Seqno HighSeqno(VBucketId vbucket) => new(Find(vbucket).HighSeqno);

    /// <summary>Seqno up to which changes are durable; the high seqno when there is no data folder.</summary>
    public Seqno PersistedSeqno(VBucketId vbucket) => new(Find(vbucket).PersistedSeqno);

    /// <summary>Highest tombstone that was purged.</summary>
    public Seqno PurgeSeqno(VBucketId vbucket) => new(Find(vbucket).PurgeSeqno);

    /// <summary>The vbucket's branches, newest first.</summary>
    public FailoverLog FailoverLog(VBucketId vbucket) => Find(vbucket).FailoverLog;

    /// <summary>Expires every document whose time has come, at once. Returns how many.</summary>
    public int RunExpiryPager() => VBuckets.Sum(vbucket => vbucket.State == VBucketState.Active ? vbucket.RunExpiryPager() : 0);

    /// <summary>Drops replaced versions of documents that no snapshot can need any more. Returns how many.</summary>
    internal int Compact() => VBuckets.Sum(vbucket => vbucket.Compact());

    /// <summary>Waits until everything written so far is durable. At once without a data folder.</summary>
    /// <exception cref="IOException">The store cannot write.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) =>
        _route?.FlushAsync(cancellationToken) ?? _store?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Ends durable writes whose time is over, and goes on with those that wait.</summary>
    internal void PumpSyncWrites()
    {
        foreach (var vbucket in _vbuckets)
        {
            vbucket?.PumpSyncWrites();
            vbucket?.PumpPersistenceWaiters();
        }
    }

    /// <summary>The copy that is here, or of the whole bucket the active one; null when there is none, or no such vbucket.</summary>
    internal VBucket? TryFind(VBucketId vbucket)
    {
        if (vbucket.Value >= _vbuckets.Length)
            return null;
        return _route is null ? Volatile.Read(ref _vbuckets[vbucket.Value]) : _route.ActiveOf(vbucket);
    }

    internal VBucket Find(VBucketId vbucket)
    {
        if (vbucket.Value >= _vbuckets.Length)
            throw new ArgumentOutOfRangeException(nameof(vbucket), vbucket, $"bucket {Name} has {_vbuckets.Length} vbuckets");
        return TryFind(vbucket) ?? throw new InvalidOperationException(
            _route is null ? $"this node has no copy of vbucket {vbucket}" : $"no running node has vbucket {vbucket}");
    }

    /// <summary>Makes an empty copy in place of any there is.</summary>
    internal VBucket Create(VBucketId vbucket, VBucketState state)
    {
        var created = Open(vbucket, state, stored: null);
        created.ReplaceStored();
        created.ApplyManifest(Settings.Collections.Current);
        Volatile.Write(ref _vbuckets[vbucket.Value], created);
        return created;
    }

    /// <summary>Makes a copy as it was recorded elsewhere, in place of the one that is here.</summary>
    internal void Adopt(StoredVBucket recorded) =>
        Volatile.Write(ref _vbuckets[recorded.Id.Value], new VBucket(recorded.Id, Settings, recorded, _store is null ? null : _store.MarkDirty));

    /// <summary>Drops a copy, which is dead, and what is stored of it.</summary>
    internal void Remove(VBucketId vbucket)
    {
        if (Interlocked.Exchange(ref _vbuckets[vbucket.Value], null) is not { } removed)
            return;
        removed.Drop();
        // nobody looks after it any more, and some may still wait for an answer
        removed.PumpSyncWrites();
        removed.PumpPersistenceWaiters();
    }

    private static byte[] PrefixedKey(uint collection, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return CollectionKey.Encode(collection, Encoding.UTF8.GetBytes(key));
    }

    private static MutationResult Result(VBucketId vbucket, DocumentOutcome outcome) =>
        new(vbucket, outcome.Uuid, new Seqno(outcome.Item!.Seqno), outcome.Item.Cas);

    private static RecordedChange Record(VBucketId vbucket, StoredItem item)
    {
        Leb128.TryRead(item.Key, out var collection, out var prefix);
        return new RecordedChange
        {
            VBucket = vbucket,
            Seqno = new Seqno(item.Seqno),
            Type = (RecordedChangeType)item.Kind,
            CollectionId = collection,
            Key = item.Key[prefix..].ToArray(),
            Value = DocumentValue.Inflate(item.Value, item.Datatype).ToArray(),
            Cas = item.Cas,
            Rev = item.Rev,
            Flags = item.Flags,
            Expiry = item.Expiry,
            Datatype = item.Datatype,
        };
    }

    /// <summary>A copy that was stored in another role takes the one it has now: what became active without a takeover begins a branch.</summary>
    private VBucket Open(VBucketId id, VBucketState role, StoredVBucket? stored)
    {
        var vbucket = new VBucket(id, Settings, stored, _store is null ? null : _store.MarkDirty);
        if (role == VBucketState.Active && vbucket.State is VBucketState.Replica or VBucketState.Pending)
            vbucket.Promote(takeover: false);
        else if (role != VBucketState.Active)
            vbucket.ChangeState(role);
        return vbucket;
    }

    private bool HasMoved(VBucketNotActiveException exception) => _route?.WaitForMove(exception.VBucket) == true;

    private VBucket Writable(VBucketId vbucket)
    {
        var found = Find(vbucket);
        return found.State == VBucketState.Active
            ? found
            : throw new VBucketNotActiveException(found, found.IsMoving);
    }
}
