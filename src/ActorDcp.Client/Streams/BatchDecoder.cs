using System.Buffers.Binary;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;

namespace ActorDcp.Client;

/// <summary>Turns a stream's chunks into batches, on the taker's thread. Not thread-safe.</summary>
internal sealed class BatchDecoder(
    StreamPosition position, ConnectionBuffers buffers, FlowControlLedger ledger, bool collections, bool trustSnappyBit)
{
    private const int BodyLengthOffset = 8;

    private readonly List<PlacedMarker> _markers = [];
    private readonly List<ManifestChange> _manifests = [];

    /// <summary>The position's seqno after the last batch.</summary>
    internal Seqno TakenSeqno => position.OutOfOrder?.Offset.Seqno ?? position.Seqno;

    /// <summary>Decodes chunks, which the batch then owns.</summary>
    /// <param name="first">The first of the chunks, with at least one event among them.</param>
    /// <param name="epoch">Epoch to stamp on the batch.</param>
    /// <param name="batch">The batch; null when its very first event is a fault.</param>
    /// <returns>What is wrong with the event behind the batch; null when nothing is.</returns>
    internal ProtocolException? Decode(FrameChunk first, OwnershipEpoch epoch, out DcpBatch? batch)
    {
        var capacity = 0;
        for (var chunk = first; chunk is not null; chunk = chunk.Next)
            capacity += chunk.Events;
        var room = buffers.Events.Rent(capacity, "batch events");
        var lease = new BatchLease(buffers, ledger, first, room, trustSnappyBit);
        for (var chunk = first; chunk is not null; chunk = chunk.Next)
            lease.Add(chunk.Charge, chunk.ParkedCharge);
        _markers.Clear();
        _manifests.Clear();
        var made = new DcpBatch(position.VBucket, epoch, position.Uuid, position.ManifestUid, room.Events, 0, [], 0, [], lease, lease);
        var count = 0;
        ProtocolException? fault = null;
        try
        {
            for (var chunk = first; chunk is not null; chunk = chunk.Next)
                DecodeChunk(chunk, made, room, ref count);
        }
        catch (ProtocolException exception)
        {
            fault = exception;
        }
        lease.EventCount = count;
        if (count == 0)
        {
            lease.Release();
            batch = null;
            return fault;
        }
        made.Seal(count, room.Runs, room.RunCount, ToArray(_markers), ToArray(_manifests));
        batch = made;
        return fault;
    }

    private static T[] ToArray<T>(List<T> list) => list.Count == 0 ? [] : [.. list];

    private void DecodeChunk(FrameChunk chunk, DcpBatch batch, BatchRoom room, ref int count)
    {
        var bytes = chunk.Buffer;
        var events = room.Events;
        for (var offset = 0; offset < chunk.Length;)
        {
            var length = FrameHeader.Size + (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset + BodyLengthOffset));
            if (DcpMessageReader.TryReadEvent(bytes, offset, length, collections, out var change))
            {
                var seqno = change.Seqno;
                var begins = position.Advance(change.Kind, ref seqno, out var marker);
                events[count] = change with { Batch = batch, Index = count, Seqno = seqno };
                if (begins || count == 0)
                    room.AddRun(new SnapshotRun(count, position.Snapshot, position.OutOfOrder, position.PurgeSeqno));
                if (marker is not null)
                    _markers.Add(new PlacedMarker(count, marker));
                if (change.CollectionEvent is { } collection)
                    LearnManifest(count, collection.ManifestUid);
                count++;
            }
            else
            {
                position.Announce(SnapshotMarkerMessage.Read(Frame.Read(bytes.AsSpan(offset, length))));
            }
            offset += length;
        }
    }

    private void LearnManifest(int index, ulong uid)
    {
        position.LearnManifest(uid);
        _manifests.Add(new ManifestChange(index, position.ManifestUid));
    }
}
