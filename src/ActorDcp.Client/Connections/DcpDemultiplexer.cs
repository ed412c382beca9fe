using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client;

/// <summary>
/// Gives each frame of the node to its stream, counts what flow control counts, and answers NOOPs. Whoever waits for a stream is
/// called once all that had arrived was given out, or a good part of the window, so that batches accumulate but wait for nothing that
/// is still under way. Runs on the read loop.
/// </summary>
internal sealed class DcpDemultiplexer(DcpConnection connection, StreamTable streams) : IFrameSink
{
    // a thousand vbuckets that share this much get a dozen small documents each; a read of it takes a few milliseconds
    private const long MostUnsignalled = 4 * 1024 * 1024;

    // a full window must not wait for its takers' first look at it
    private const int LeastSignalsOfAWindow = 4;

    private readonly List<DcpStream> _touched = [];
    private long _unsignalled;
    private long _droppedFrames;
    private long _droppedBytes;

    internal long DroppedFrames => Volatile.Read(ref _droppedFrames);

    internal long DroppedBytes => Volatile.Read(ref _droppedBytes);

    public void OnRequest(ReadOnlySpan<byte> frame, in FrameHeader header)
    {
        var charge = FlowControlCharge.Of(header);
        if (charge > 0)
            Deliver(frame, header, charge);
        else if (header.Opcode == Opcode.DcpNoop)
            connection.Transport.Post(header.Opaque, DcpRequests.WriteNoopReply);
        else
            connection.Transport.CountUnknown(header);
    }

    public void OnReadCompleted(bool moreWaits)
    {
        if (_touched.Count == 0 || (moreWaits && _unsignalled < SignalledAfter))
            return;
        _unsignalled = 0;
        foreach (var stream in _touched)
        {
            stream.IsTouched = false;
            stream.Signal();
        }
        _touched.Clear();
    }

    public void OnClosed(Exception? cause) => connection.OnClosed(cause);

    private long SignalledAfter => connection.Ledger.Window == 0
        ? MostUnsignalled
        : Math.Min(MostUnsignalled, connection.Ledger.Window / LeastSignalsOfAWindow);

    private void Deliver(ReadOnlySpan<byte> frame, in FrameHeader header, int charge)
    {
        var stream = streams.Find(header.Opaque);
        if (stream is not null && header.VBucket != stream.VBucket)
            throw new ProtocolException($"{header.Opcode} of vbucket {header.VBucket} with the opaque of the stream of vbucket {stream.VBucket}");
        connection.Ledger.Charge(charge);
        if (stream is null)
        {
            _droppedFrames++;
            _droppedBytes += charge;
            connection.Ledger.Release(charge);
            return;
        }
        stream.Add(frame, header, charge);
        _unsignalled += charge;
        if (header.Opcode == Opcode.DcpStreamEnd)
            streams.Remove(stream);
        if (stream.IsTouched)
            return;
        stream.IsTouched = true;
        _touched.Add(stream);
    }
}
