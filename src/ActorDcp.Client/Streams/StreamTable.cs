namespace ActorDcp.Client;

/// <summary>
/// The streams of a connection by opaque: an array. The low half of an opaque is the index, the high half counts how often that
/// index was used, so a frame of an older incarnation finds nothing. Readers need no lock.
/// </summary>
internal sealed class StreamTable
{
    /// <summary>Most streams of one connection.</summary>
    internal const int MaxStreams = 65_535;

    private const int IndexBits = 16;
    private const uint IndexMask = (1 << IndexBits) - 1;

    // the top bit belongs to the opaques of requests
    private const uint GenerationMask = 0x7fff;

    private readonly Lock _gate = new();
    private readonly Stack<uint> _free = new();
    private DcpStream?[] _streams = new DcpStream?[64];
    private uint[] _generations = new uint[64];
    private uint _used;
    private int _count;

    /// <summary>Streams in the table.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>The stream of an opaque; null when it is not open.</summary>
    internal DcpStream? Find(uint opaque)
    {
        var streams = Volatile.Read(ref _streams);
        var index = opaque & IndexMask;
        if (index >= (uint)streams.Length)
            return null;
        var stream = Volatile.Read(ref streams[index]);
        return stream is not null && stream.Opaque == opaque ? stream : null;
    }

    /// <summary>Adds the stream that is made for a fresh opaque and index.</summary>
    internal DcpStream Add(Func<uint, uint, DcpStream> make)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var index))
            {
                if (_used == MaxStreams)
                    throw new InvalidOperationException($"more than {MaxStreams} streams on one connection");
                index = _used++;
                Grow(index);
            }
            var generation = _generations[index] = (_generations[index] % GenerationMask) + 1;
            var stream = make(generation << IndexBits | index, index);
            Volatile.Write(ref _streams[index], stream);
            _count++;
            return stream;
        }
    }

    /// <summary>Whether another stream of the same vbucket is in the table.</summary>
    internal bool HasOther(DcpStream stream)
    {
        foreach (var other in Volatile.Read(ref _streams))
            if (other is not null && !ReferenceEquals(other, stream) && other.VBucket == stream.VBucket)
                return true;
        return false;
    }

    /// <summary>Takes a stream out; false when it is not there.</summary>
    internal bool Remove(DcpStream stream)
    {
        var index = stream.Opaque & IndexMask;
        lock (_gate)
        {
            if (index >= (uint)_streams.Length || !ReferenceEquals(_streams[index], stream))
                return false;
            Volatile.Write(ref _streams[index], null);
            _free.Push(index);
            _count--;
            return true;
        }
    }

    /// <summary>Takes all streams out.</summary>
    internal List<DcpStream> Clear()
    {
        var all = new List<DcpStream>();
        foreach (var stream in Volatile.Read(ref _streams))
            if (stream is not null && Remove(stream))
                all.Add(stream);
        return all;
    }

    private void Grow(uint index)
    {
        if (index < _streams.Length)
            return;
        var streams = new DcpStream?[_streams.Length * 2];
        _streams.CopyTo(streams, 0);
        Array.Resize(ref _generations, streams.Length);
        Volatile.Write(ref _streams, streams);
    }
}
