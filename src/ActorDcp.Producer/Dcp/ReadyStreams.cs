using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Dcp;

/// <summary>The streams of a connection that have something to do, in the order of their turns. Guarded by the connection's gate.</summary>
internal sealed class ReadyStreams
{
    // turns before which a stream, its next change, and the bytes of that are told to the processor: far where so many streams wait
    private static readonly (int Stream, int Change, int Data) Far = (64, 40, 20);
    private static readonly (int Stream, int Change, int Data) Near = (32, 20, 8);
    private const int SizeOfStream = 384;

    private (DcpStream? Stream, StoredItem? Coming)[] _ring = new (DcpStream?, StoredItem?)[16];
    private int _head;

    public int Count { get; private set; }

    public void Enqueue(DcpStream stream)
    {
        if (Count == _ring.Length)
            Grow();
        At(Count++) = (stream, stream.Coming(0));
    }

    public DcpStream Dequeue()
    {
        ref var first = ref At(0);
        var stream = first.Stream!;
        first = default;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return stream;
    }

    /// <summary>Makes the processor fetch what the turns after the next so many need.</summary>
    public void Fetch(int turns)
    {
        var ahead = Count < turns + Far.Stream ? Near : Far;
        if (Count < turns + ahead.Stream)
        {
            FetchOfFew(turns);
            return;
        }
        for (var turn = 0; turn < turns; turn++)
        {
            CacheLines.Fetch(At(turn + ahead.Stream).Stream, SizeOfStream);
            ref var soon = ref At(turn + ahead.Change);
            StoredItem.Fetch(soon.Coming);
            soon.Stream!.FetchReferences();
            At(turn + ahead.Data).Coming?.FetchData();
        }
    }

    private void FetchOfFew(int turns)
    {
        for (var turn = 0; turn < turns; turn++)
        {
            var (away, place) = Math.DivRem(turn + Near.Change, Count);
            StoredItem.Fetch(At(place).Stream!.Coming(away));
            (away, place) = Math.DivRem(turn + Near.Data, Count);
            At(place).Stream!.Coming(away)?.FetchData();
        }
    }

    private ref (DcpStream? Stream, StoredItem? Coming) At(int turn) => ref _ring[(_head + turn) & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new (DcpStream?, StoredItem?)[_ring.Length * 2];
        for (var turn = 0; turn < Count; turn++)
            larger[turn] = At(turn);
        _ring = larger;
        _head = 0;
    }
}
