using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Responses;
using ActorDcp.Protocol.Sasl;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Fuzz.Frames;

/// <summary>Gives a frame to the readers of its form, and to those that take any.</summary>
internal static class EveryReader
{
    /// <exception cref="ProtocolException">The frame is refused.</exception>
    /// <exception cref="InvalidDataException">Its value is refused.</exception>
    internal static void Read(byte[] buffer, int length, bool collections)
    {
        var frame = Frame.Read(buffer.AsSpan(0, length));
        FramingExtras.TryGetStreamId(frame.FramingExtras, out _);
        FramingExtras.TryGetServerDuration(frame.FramingExtras, out _);
        FlowControlCharge.Of(frame.Header);
        ErrorBody.Read(frame);
        if (TryReadBothWays(buffer, length, collections, out var change))
            ReadValue(change);
        else if (frame.Header.Magic == Magic.ServerRequest)
            ReadConfig(ClusterMapNotification.Read(frame).ConfigJson);
        else if (frame.Header.IsResponse)
            ReadResponse(frame);
        else
            ReadOther(frame);
    }

    /// <summary>Both forms of a value, by a reader that trusts the Snappy bit and by one that does not.</summary>
    internal static void ReadValue(in DcpEvent change)
    {
        Exception? refused = null;
        foreach (var trustSnappyBit in (ReadOnlySpan<bool>)[true, false])
        {
            using var reader = new DcpValueReader(trustSnappyBit);
            try
            {
                var body = reader.ReadBody(change);
                if ((change.Datatype & Datatype.Xattr) == 0 || body.IsEmpty)
                    continue;
                for (var section = XattrSection.Read(reader.ReadInflated(change).Span); section.MoveNext();)
                    if (section.Key.IsEmpty)
                        throw new InvalidOperationException("an extended attribute without a name");
            }
            catch (InvalidDataException exception)
            {
                refused = exception;
            }
        }
        if (refused is not null)
            throw refused;
    }

    // most mutations take a short way through the reader: it must see what the long way sees
    private static bool TryReadBothWays(byte[] buffer, int length, bool collections, out DcpEvent change)
    {
        var memory = new ReadOnlyMemory<byte>(buffer, 0, length);
        bool isEvent;
        try
        {
            isEvent = DcpMessageReader.TryReadEvent(buffer, 0, length, collections, out change);
        }
        catch (ProtocolException)
        {
            DcpMessageReader.TryReadEvent(memory, collections, out _);
            throw new InvalidOperationException("the short way refuses what the long way reads");
        }
        var same = DcpMessageReader.TryReadEvent(memory, collections, out var other) == isEvent;
        if (!same || !AreSame(change, other))
            throw new InvalidOperationException("the short way sees something else than the long way");
        return isEvent;
    }

    // a system event's meaning is made anew each time; the same bytes stand for equal ones
    private static bool AreSame(in DcpEvent one, in DcpEvent other) =>
        one.Kind == other.Kind && one.VBucket == other.VBucket && one.Seqno == other.Seqno && one.RevSeqno == other.RevSeqno
        && one.Cas == other.Cas && one.Flags == other.Flags && one.Expiry == other.Expiry && one.DeleteTime == other.DeleteTime
        && one.Datatype == other.Datatype && one.CollectionId == other.CollectionId && one.PreparedSeqno == other.PreparedSeqno
        && one.DurabilityLevel == other.DurabilityLevel && one.WireBytes == other.WireBytes
        && one.Key.Equals(other.Key) && one.Value.Equals(other.Value);

    private static void ReadOther(in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.DcpSnapshotMarker: SnapshotMarkerMessage.Read(frame); break;
            case Opcode.DcpStreamEnd: StreamEndMessage.Read(frame); break;
            case Opcode.DcpNoop: NoopMessage.Read(frame); break;
            case Opcode.DcpCacheTransfer:
                for (var items = CacheTransferMessage.Read(frame); items.MoveNext();)
                    _ = items.Cas + (ulong)(items.Key.Length + items.Value.Length) + items.Seqno.Value;
                break;
        }
    }

    private static void ReadResponse(in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.Helo: HelloResponse.Read(frame); break;
            case Opcode.DcpStreamReq when frame.Header.Status == Status.Rollback: RollbackResponse.Read(frame); break;
            case Opcode.DcpStreamReq when frame.Header.Status == Status.NotMyVBucket: ReadConfig(ClusterConfigResponse.Read(frame)); break;
            case Opcode.DcpStreamReq or Opcode.DcpGetFailoverLog or Opcode.GetFailoverLog: FailoverLogResponse.Read(frame); break;
            case Opcode.ObserveSeqno: ObserveSeqnoResponse.Read(frame); break;
            case Opcode.GetAllVBucketSeqnos:
                for (var seqnos = AllVBucketSeqnosResponse.Read(frame); seqnos.MoveNext();)
                    _ = seqnos.Seqno;
                break;
            case Opcode.GetCollectionId or Opcode.GetScopeId: CollectionLookupResponse.Read(frame); break;
            case Opcode.GetCollectionsManifest: CollectionsManifest.Read(frame); break;
            case Opcode.GetErrorMap: ErrorMap.Read(frame); break;
            case Opcode.GetClusterConfig: ReadConfig(ClusterConfigResponse.Read(frame)); break;
            case Opcode.Stat: StatResponse.Read(frame); break;
            case Opcode.Get: GetResponse.Read(frame); break;
            case Opcode.Set or Opcode.Add or Opcode.Replace or Opcode.Delete: StoredResponse.Read(frame); break;
            case Opcode.SaslListMechs: SaslMechanisms.Choose(System.Text.Encoding.ASCII.GetString(frame.Value), encrypted: false); break;
            case Opcode.SaslAuth or Opcode.SaslStep: ScramMessage.Parse(frame.Value); break;
        }
    }

    private static void ReadConfig(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return;
        var map = ClusterMap.Parse(json, "127.0.0.1");
        for (var vbucket = 0; vbucket < map.VBucketCount; vbucket++)
        {
            map.ActiveOf(VBucketId.From(vbucket))?.KvAddress(ClusterMap.DefaultNetwork, tls: false);
            foreach (var replica in map.ReplicasOf(VBucketId.From(vbucket)))
                replica.KvAddress(ClusterMap.ExternalNetwork, tls: true);
        }
        map.ChooseNetwork(ClusterMap.AutoNetwork, new NodeAddress("127.0.0.1", 11210), tls: false);
    }
}
