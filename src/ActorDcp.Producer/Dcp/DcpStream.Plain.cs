using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Dcp;

/// <summary>The short way of mutations that go out as they are stored. What it writes, and when, is what steps would.</summary>
internal sealed partial class DcpStream
{
    private readonly bool _mayBePlain;

    /// <summary>The message that is next, if it is a mutation that goes out as it is stored; null when a step has to find out.</summary>
    public StoredItem? FindPlain(in PlainMutations plain)
    {
        if (!_hasSlice || !_mayBePlain || _marker is not null || _awaitsDisk || _closed || Volatile.Read(ref _ending) != NotEnding || !_slice.TryFindFrom(ref _next))
            return null;
        var item = _slice.Items[_next];
        return plain.Include(item) ? item : null;
    }

    /// <summary>Writes what <see cref="FindPlain"/> has just found. Returns its size.</summary>
    public int WritePlain(OutputBuffer output, StoredItem item, in PlainMutations plain)
    {
        _next++;
        CountItem(_fromDisk);
        _position = item.Seqno;
        return plain.Write(output, Address, item);
    }

    /// <summary>The change that is so many changes away; null where the slice does not reach.</summary>
    public StoredItem? Coming(int away) => _next + away < _slice.To ? _slice.Items[_next + away] : null;

    /// <summary>It will soon be asked what comes after its next change.</summary>
    public void FetchReferences()
    {
        if (_hasSlice)
            CacheLines.FetchElement(_slice.Items, _next + 1);
    }
}
