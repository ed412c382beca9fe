namespace ActorDcp.Producer.Buckets;

/// <summary>Counts what happens, for statistics (dcp-reference.md 3.20). Guarded by the vbucket.</summary>
internal sealed partial class VBucket
{
    private long _creates;
    private long _updates;
    private long _deletes;
    private long _gets;
    private long _changes;
    private long _rolledBack;
    private long _ticks;
    private bool _hadXattrs;

    public VBucketCounts OperationCounts
    {
        get
        {
            lock (_gate)
                return new VBucketCounts(_creates, _updates, _deletes, _gets, _changes, _rolledBack, _ticks);
        }
    }

    /// <summary>Whether any document here had extended attributes, ever.</summary>
    public bool HadXattrs => Volatile.Read(ref _hadXattrs);

    /// <summary>Whether it is kept on disk.</summary>
    public bool IsStored => _changed is not null;

    /// <summary>Documents and tombstones of documents, the bytes of their keys and values as kept and without compression, and how many of them are on disk alone.</summary>
    public (long Bytes, long Uncompressed, long OnDiskAlone) MeasureDocuments()
    {
        lock (_gate)
        {
            long bytes = 0, saved = 0, cold = 0;
            foreach (var item in _newest)
            {
                bytes += item.KeyAndValue.Length;
                cold += item is { IsCold: true, IsDeleted: false } ? 1 : 0;
                if ((item.Datatype & Datatype.Snappy) != 0)
                    saved += DocumentValue.Inflate(item.Value, item.Datatype).Length - item.ValueLength;
            }
            return (bytes, bytes + saved, IsStored ? cold : 0);
        }
    }

    /// <summary>Requests that stored, deleted and read documents of a collection.</summary>
    public (long Stores, long Deletes, long Gets) CountOperations(uint collection)
    {
        lock (_gate)
            return _collections.CountOperations(collection);
    }

    private void CountChange(StoredItem item, StoredItem? old)
    {
        _changes++;
        if (item.Kind == ItemKind.Mutation && old is null or { IsDeleted: true })
            _creates++;
        else if (item.Kind == ItemKind.Mutation)
            _updates++;
        else if (item.IsDocument)
            _deletes++;
        NoteXattrs(item);
    }

    private void NoteXattrs(StoredItem item)
    {
        if ((item.Datatype & Datatype.Xattr) != 0)
            Volatile.Write(ref _hadXattrs, true);
    }

    private void CountGet(ReadOnlySpan<byte> key)
    {
        _gets++;
        _collections.CountGet(CollectionOf(key));
    }
}
