using System.Text;

namespace ActorDcp.Producer.Buckets;

/// <summary>A collection of a bucket, to write into and read from without a socket. Safe to use from any thread.</summary>
public sealed class BucketCollection
{
    private readonly Bucket _bucket;

    internal BucketCollection(Bucket bucket, uint id)
    {
        _bucket = bucket;
        Id = id;
    }

    /// <summary>Its id: 0 the default collection, 8 and up the others.</summary>
    public uint Id { get; }

    /// <summary>Writes a document into the vbucket of its key.</summary>
    /// <inheritdoc cref="Set(VBucketId,string,ReadOnlySpan{byte},uint,uint)"/>
    public MutationResult Set(string key, ReadOnlySpan<byte> value, uint flags = 0, uint expiry = 0) =>
        _bucket.Set(Id, _bucket.VBucketOf(key), key, value, flags, expiry);

    /// <summary>Writes a text or JSON document into the vbucket of its key.</summary>
    /// <inheritdoc cref="Set(VBucketId,string,ReadOnlySpan{byte},uint,uint)"/>
    public MutationResult Set(string key, string value, uint flags = 0, uint expiry = 0) => Set(key, Encoding.UTF8.GetBytes(value), flags, expiry);

    /// <summary>Writes a document into a vbucket of the caller's choice.</summary>
    /// <param name="vbucket">Where to.</param>
    /// <param name="key">1 to 246 bytes of UTF-8, 250 in the default collection.</param>
    /// <param name="value">Up to 20 MiB; copied.</param>
    /// <param name="flags">The client's four bytes.</param>
    /// <param name="expiry">0 never; up to 2,592,000 seconds from now; above, Unix time. The collection's longest time limits it.</param>
    /// <exception cref="ArgumentException">Key or value too long, or the key empty.</exception>
    /// <exception cref="InvalidOperationException">The vbucket is not active, or the collection was dropped.</exception>
    public MutationResult Set(VBucketId vbucket, string key, ReadOnlySpan<byte> value, uint flags = 0, uint expiry = 0) =>
        _bucket.Set(Id, vbucket, key, value, flags, expiry);

    /// <summary>Deletes a document; null when there is none.</summary>
    public MutationResult? Delete(string key) => Delete(_bucket.VBucketOf(key), key);

    /// <summary>Deletes a document of a vbucket; null when there is none.</summary>
    public MutationResult? Delete(VBucketId vbucket, string key) => _bucket.Delete(Id, vbucket, key);

    /// <summary>The newest version of a document; null when there is none.</summary>
    public RecordedChange? Get(string key) => _bucket.Get(Id, key);
}
