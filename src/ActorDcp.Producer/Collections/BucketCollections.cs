using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Collections;

/// <summary>
/// The scopes and collections of a bucket, and the way to change them. All nodes of a bucket share one. Each change is durable,
/// where there is a data folder, and stands in the log of every active vbucket when its call returns. Safe to use from any thread.
/// </summary>
public sealed class BucketCollections
{
    private const uint LongestTtl = int.MaxValue;
    private readonly Lock _gate = new();
    private readonly ManifestFile? _file;
    private ImmutableArray<Bucket> _buckets = [];
    private ManifestState _state;

    internal BucketCollections(ManifestFile? file = null)
    {
        _file = file;
        _state = file?.Read() ?? ManifestState.Initial;
    }

    /// <summary>Raised after each change, once it stands in every log.</summary>
    internal event Action? Changed;

    /// <summary>The scopes and collections as they are now.</summary>
    public BucketManifest Current => Volatile.Read(ref _state).Manifest;

    /// <summary>Makes a scope without collections.</summary>
    /// <exception cref="CollectionsException">The name is not allowed, or taken.</exception>
    public ManifestUid CreateScope(string name)
    {
        CollectionNames.Require(name);
        return Change(state => state.WithScope(name));
    }

    /// <summary>Makes a collection.</summary>
    /// <param name="scope">Its scope; empty means the default scope.</param>
    /// <param name="name">Its name.</param>
    /// <param name="maxTtl">Longest time its documents live, in seconds; 0 for ever; null not set.</param>
    /// <param name="history">Whether its changes are told as history.</param>
    /// <exception cref="CollectionsException">There is no such scope, or the name or time is not allowed, or the name is taken.</exception>
    public ManifestUid CreateCollection(string scope, string name, uint? maxTtl = null, bool history = false)
    {
        if (name == CollectionNames.Default)
            throw new CollectionsException(CollectionsError.NotAllowed, "First character must not be _ or %", "name");
        CollectionNames.Require(name);
        RequireTtl(maxTtl);
        return Change(state => state.WithCollection(scope, name, maxTtl, history));
    }

    /// <summary>Changes a collection's settings. What is null stays as it is.</summary>
    /// <exception cref="CollectionsException">There is no such collection, or the time is not allowed.</exception>
    public ManifestUid ModifyCollection(string scope, string name, uint? maxTtl = null, bool? history = null)
    {
        RequireTtl(maxTtl);
        return Change(state => state.WithSettings(scope, name, maxTtl, history));
    }

    /// <summary>Drops a scope with all its collections and their documents.</summary>
    /// <exception cref="CollectionsException">There is no such scope, or it is the default scope.</exception>
    public ManifestUid DropScope(string name) => Change(state => state.WithoutScope(name));

    /// <summary>Drops a collection and its documents. The default collection can be dropped too; it does not come back.</summary>
    /// <exception cref="CollectionsException">There is no such collection.</exception>
    public ManifestUid DropCollection(string scope, string name) => Change(state => state.WithoutCollection(scope, name));

    /// <summary>Takes over a whole manifest with its uid and ids, for tests that follow one that was recorded.</summary>
    /// <exception cref="CollectionsException">Its uid is not above the current one, or the default scope is missing.</exception>
    public ManifestUid Replace(BucketManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return Change(state => state.Replaced(manifest));
    }

    /// <summary>From now on the active vbuckets of a node's bucket follow every change; those that lag are brought up at once.</summary>
    /// <exception cref="IOException">They know a newer manifest than the folder has: to follow that would drop collections.</exception>
    internal void Attach(Bucket bucket)
    {
        lock (_gate)
        {
            _file?.RequireNotOlder(_state.Manifest.Uid.Value, bucket.VBuckets.Select(vbucket => vbucket.ManifestUid).DefaultIfEmpty().Max());
            _buckets = _buckets.Add(bucket);
            Apply(bucket, _state.Manifest);
        }
    }

    /// <summary>Takes over a manifest whose events stand in the logs already.</summary>
    internal void Adopt(BucketManifest manifest)
    {
        lock (_gate)
            Volatile.Write(ref _state, _state.Replaced(manifest));
    }

    internal void Detach(Bucket bucket)
    {
        lock (_gate)
            _buckets = _buckets.Remove(bucket);
    }

    private ManifestUid Change(Func<ManifestState, ManifestState> change)
    {
        var before = Current.Uid;
        var uid = ChangeAlone(change);
        if (uid != before)
            Changed?.Invoke();
        return uid;
    }

    private ManifestUid ChangeAlone(Func<ManifestState, ManifestState> change)
    {
        lock (_gate)
        {
            var next = change(_state);
            if (ReferenceEquals(next, _state))
                return next.Manifest.Uid;
            _file?.Write(next);
            Volatile.Write(ref _state, next);
            foreach (var bucket in _buckets)
                Apply(bucket, next.Manifest);
            return next.Manifest.Uid;
        }
    }

    private static void Apply(Bucket bucket, BucketManifest manifest)
    {
        foreach (var vbucket in bucket.VBuckets)
        {
            vbucket.ApplyManifest(manifest);
            // durable writes to a dropped collection were aborted: their clients are told
            vbucket.PumpSyncWrites();
        }
    }

    private static void RequireTtl(uint? maxTtl)
    {
        if (maxTtl > LongestTtl)
            throw new CollectionsException(
                CollectionsError.InvalidSetting, $"The value must be in range from 0 to {LongestTtl}", "maxTTL");
    }
}
