using ActorDcp.Client;
using ActorDcp.Protocol;

namespace ActorDcp.Fuzz.Frames;

/// <summary>Takes what a stream receives the way the client does: queue, batches, positions, values; then everything is given back.</summary>
internal sealed class StreamDecoding : IDisposable
{
    private static readonly OwnershipEpoch Epoch = new(1);

    private readonly ConnectionBuffers _buffers = new(window: 0);
    private readonly FlowControlLedger _ledger = new(window: 0, parked: null, TimeProvider.System, static _ => { });

    /// <exception cref="ProtocolException">The stream is refused.</exception>
    /// <exception cref="InvalidDataException">A value is refused.</exception>
    internal void Read(IEnumerable<ArraySegment<byte>> frames, bool collections)
    {
        var queue = new FrameQueue(_buffers);
        try
        {
            var position = new StreamPosition(VBucketId.From(0), StreamOffset.Beginning, new VBucketUuid(1));
            var decoder = new BatchDecoder(position, _buffers, _ledger, collections, trustSnappyBit: true);
            foreach (var frame in frames)
                Add(queue, frame);
            while (queue.Take(DcpStream.MaxBatchEvents, DcpStream.MaxBatchBytes) is { } chunks)
            {
                var fault = decoder.Decode(chunks, Epoch, out var batch);
                if (batch is not null)
                    Visit(batch);
                if (fault is not null)
                    throw fault;
            }
        }
        finally
        {
            _ledger.Release(queue.Clear(out _));
        }
    }

    /// <summary>Whether something was not given back.</summary>
    internal bool Leaks => _ledger.Held != 0 || _buffers.Rented != 0;

    public void Dispose() => _ledger.Dispose();

    private void Add(FrameQueue queue, ReadOnlySpan<byte> bytes)
    {
        if (!FrameScanner.TryScanHeader(bytes, out var header, FrameScanner.DefaultMaxFrameLength))
            return;
        var charge = FlowControlCharge.Of(header);
        if (charge == 0 || header.Magic is not (Magic.Request or Magic.FlexibleRequest))
            return;
        if (header.Opcode == Opcode.DcpSnapshotMarker)
        {
            queue.AddMarker(bytes[..header.FrameLength]);
            return;
        }
        if (header.Opcode is not (Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration or Opcode.DcpSystemEvent or Opcode.DcpPrepare
            or Opcode.DcpSeqnoAdvanced or Opcode.DcpCommit or Opcode.DcpAbort or Opcode.DcpOsoSnapshot))
            return;
        _ledger.Charge(charge);
        queue.AddEvent(bytes[..header.FrameLength], charge);
    }

    private static void Visit(DcpBatch batch)
    {
        try
        {
            foreach (var change in batch)
            {
                batch.OffsetAfter(change);
                _ = batch.ReadBody(change).Length + batch.ReadInflated(change).Length;
            }
            foreach (var boundary in batch.CompletedBoundaries)
                if (boundary > batch.EndOffset.Seqno)
                    throw new InvalidOperationException($"boundary {boundary} lies above {batch.EndOffset}");
        }
        finally
        {
            batch.Release();
        }
    }
}
