using ActorDcp.Client;

namespace ActorDcp.Tests.Streams;

/// <summary>A stream without a connection: what is offered and not taken yet comes as one batch.</summary>
internal sealed class FakeBatchSource(VBucketId vbucket) : IDcpBatchSource
{
    public static readonly VBucketUuid Uuid = new(0xabcdef0123456789);

    private readonly Lock _lock = new();
    private readonly List<ulong> _queued = [];
    private readonly List<CountingLease> _leases = [];
    private Action? _callback;
    private StreamEnding? _ending;
    private Seqno _received;

    public VBucketId VBucket => vbucket;

    public StreamEnding? Ending
    {
        get
        {
            lock (_lock)
                return _ending;
        }
    }

    public Seqno ReceivedSeqno
    {
        get
        {
            lock (_lock)
                return _received;
        }
    }

    public long QueuedBytes
    {
        get
        {
            lock (_lock)
                return _queued.Count;
        }
    }

    /// <summary>The leases of all batches that were taken.</summary>
    public IReadOnlyList<CountingLease> Leases
    {
        get
        {
            lock (_lock)
                return [.. _leases];
        }
    }

    public void Offer(params ulong[] seqnos)
    {
        lock (_lock)
        {
            _queued.AddRange(seqnos);
            _received = new Seqno(seqnos[^1]);
        }
        Fire();
    }

    public void OfferRange(ulong first, ulong last)
    {
        var seqnos = new ulong[last - first + 1];
        for (var i = 0; i < seqnos.Length; i++)
            seqnos[i] = first + (ulong)i;
        Offer(seqnos);
    }

    public void End(StreamEnding ending)
    {
        lock (_lock)
            _ending = ending;
        Fire();
    }

    public bool TryTake(OwnershipEpoch epoch, out DcpBatch batch)
    {
        lock (_lock)
        {
            batch = null!;
            if (_queued.Count == 0)
                return false;
            var lease = new CountingLease();
            _leases.Add(lease);
            batch = TestBatches.Of(VBucket, epoch, Uuid, lease, [.. _queued]);
            _queued.Clear();
            return true;
        }
    }

    public void WhenAvailable(Action callback)
    {
        lock (_lock)
        {
            if (_queued.Count == 0 && _ending is null)
            {
                _callback = callback;
                return;
            }
            _callback = null;
        }
        callback();
    }

    private void Fire()
    {
        Action? callback;
        lock (_lock)
        {
            callback = _callback;
            _callback = null;
        }
        callback?.Invoke();
    }
}

/// <summary>Counts how a lease ended.</summary>
internal sealed class CountingLease : IDcpBatchLease
{
    private int _released;
    private int _abandoned;

    public int Released => Volatile.Read(ref _released);

    public int Abandoned => Volatile.Read(ref _abandoned);

    public int Ended => Released + Abandoned;

    public void Release() => Interlocked.Increment(ref _released);

    public void Abandon() => Interlocked.Increment(ref _abandoned);
}
