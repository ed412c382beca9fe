using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>
/// The frames of one stream that arrived and are not taken. A queue that is empty holds no memory; one that grows holds at most
/// twice its bytes. Not thread-safe: its stream's lock guards it.
/// </summary>
internal sealed class FrameQueue(ConnectionBuffers buffers)
{
    private FrameChunk? _head;
    private FrameChunk? _tail;
    private int _markerAtTail;
    private int _nextSize = FrameChunk.SmallestSize;

    /// <summary>Events among the frames.</summary>
    internal int Events { get; private set; }

    /// <summary>Bytes of the frames.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Bytes of the window that the frames hold.</summary>
    internal long Charge
    {
        get
        {
            long charge = 0;
            for (var chunk = _head; chunk is not null; chunk = chunk.Next)
                charge += chunk.Charge;
            return charge;
        }
    }

    /// <summary>Adds an event and the bytes it holds of the window.</summary>
    internal void AddEvent(ReadOnlySpan<byte> frame, int charge)
    {
        var chunk = Add(frame);
        chunk.Events++;
        chunk.Charge += charge;
        Events++;
        _markerAtTail = 0;
    }

    /// <summary>Adds a marker. It holds nothing of the window; one that no event followed is replaced, so markers cannot pile up.</summary>
    internal void AddMarker(ReadOnlySpan<byte> frame)
    {
        if (_markerAtTail != 0)
        {
            _tail!.Length -= _markerAtTail;
            Bytes -= _markerAtTail;
        }
        Add(frame);
        _markerAtTail = frame.Length;
    }

    /// <summary>Takes whole chunks from the front, as many as fit the bounds and at least one event.</summary>
    internal FrameChunk? Take(int mostEvents, long mostBytes)
    {
        if (Events == 0)
            return null;
        var first = _head!;
        var last = first;
        var events = first.Events;
        long bytes = first.Length;
        while (last.Next is { } next && (events == 0 || (events + next.Events <= mostEvents && bytes + next.Length <= mostBytes)))
        {
            last = next;
            events += next.Events;
            bytes += next.Length;
        }
        _head = last.Next;
        last.Next = null;
        if (_head is null)
        {
            _tail = null;
            _markerAtTail = 0;
            _nextSize = FrameChunk.SmallestSize;
        }
        Events -= events;
        Bytes -= bytes;
        return first;
    }

    /// <summary>Drops everything.</summary>
    /// <param name="parked">Bytes of the parked budget that it held.</param>
    /// <returns>Bytes of the window that it held.</returns>
    internal long Clear(out long parked)
    {
        long charge = 0;
        parked = 0;
        for (var chunk = _head; chunk is not null; chunk = chunk.Next)
        {
            charge += chunk.Charge;
            parked += chunk.ParkedCharge;
        }
        buffers.Return(_head);
        _head = _tail = null;
        _markerAtTail = 0;
        _nextSize = FrameChunk.SmallestSize;
        Events = 0;
        Bytes = 0;
        return charge;
    }

    /// <summary>Moves what the frames hold of the window to the parked budget, first what is taken first; false when that had no room for all.</summary>
    internal bool TryMoveToParked(FlowControlLedger ledger)
    {
        for (var chunk = _head; chunk is not null; chunk = chunk.Next)
        {
            if (!ledger.MoveToParked(chunk.Charge))
                return false;
            chunk.ParkedCharge += chunk.Charge;
            chunk.Charge = 0;
        }
        return true;
    }

    private FrameChunk Add(ReadOnlySpan<byte> frame)
    {
        // a batch takes whole chunks, so none may hold more events than a batch
        if (_tail is null || !_tail.HasRoomFor(frame.Length) || frame.Length >= FrameChunk.LargeFrame
            || _tail.Events >= DcpStream.MaxBatchEvents)
        {
            Extend(frame.Length);
        }
        _tail!.Append(frame);
        Bytes += frame.Length;
        return _tail;
    }

    private void Extend(int frameLength)
    {
        var chunk = frameLength >= FrameChunk.LargeFrame
            ? buffers.Chunks.Rent(frameLength, "large frame")
            : buffers.Chunks.Rent(Math.Max(_nextSize, frameLength), "stream chunk");
        if (frameLength < FrameChunk.LargeFrame)
            _nextSize = Math.Min(_nextSize * 2, FrameChunk.LargestSize);
        if (_tail is null)
            _head = chunk;
        else
            _tail.Next = chunk;
        _tail = chunk;
    }
}
