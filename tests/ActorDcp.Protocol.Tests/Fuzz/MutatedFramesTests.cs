using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Responses;
using ActorDcp.Protocol.Sasl;
using ActorDcp.Protocol.Tests.Captures;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Protocol.Tests.Fuzz;

public sealed class MutatedFramesTests
{
    private const int MutationsPerFrame = 12;

    // every opcode, form and status of the recordings, each a few times
    private static List<byte[]> Samples()
    {
        var samples = new Dictionary<(byte, byte, byte, byte, byte), List<byte[]>>();
        foreach (var name in Capture.Names)
        {
            foreach (var captured in Capture.Load(name).Frames)
            {
                var bytes = captured.Bytes;
                if (bytes.Length > 20_000)
                    continue;
                var key = (bytes[0], bytes[1], bytes[4], bytes[5], bytes[0] is 0x81 or 0x18 ? bytes[7] : (byte)0);
                if (!samples.TryGetValue(key, out var list))
                    samples[key] = list = [];
                if (list.Count < 4)
                    list.Add(bytes);
            }
        }
        return [.. samples.Values.SelectMany(list => list)];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Damaged_frames_are_read_or_refused_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        int read = 0, refused = 0;
        var samples = Samples();
        Assert.True(samples.Count > 300, $"{samples.Count} samples");
        foreach (var sample in samples)
        {
            for (var i = 0; i < MutationsPerFrame; i++)
            {
                var bytes = Mutate(sample, random);
                try
                {
                    if (FrameScanner.TryScan(bytes, out var length))
                        ReadAll(bytes.AsSpan(0, length).ToArray(), collections: i % 2 == 0);
                    read++;
                }
                catch (Exception error) when (error is ProtocolException or InvalidDataException)
                {
                    refused++;
                }
                catch (Exception error)
                {
                    Assert.Fail($"seed {seed}: {Convert.ToHexStringLower(bytes)}: {error}");
                }
            }
        }
        Assert.True(read > 1000 && refused > 1000, $"read {read}, refused {refused}");
    }

    private static byte[] Mutate(byte[] sample, Random random)
    {
        byte[] bytes = [.. sample];
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            switch (random.Next(5))
            {
                case 0:
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 2:
                    // beyond the magic, header fields decide most
                    bytes[random.Next(1, FrameHeader.Size)] = (byte)random.Next(256);
                    break;
                case 3 when bytes.Length > FrameHeader.Size:
                    bytes = bytes[..random.Next(FrameHeader.Size, bytes.Length)];
                    SetBodyLength(bytes);
                    break;
                default:
                    bytes = [.. bytes, .. new byte[random.Next(1, 20)]];
                    SetBodyLength(bytes);
                    break;
            }
        }
        return bytes;
    }

    private static void SetBodyLength(byte[] bytes) =>
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - FrameHeader.Size);

    private static void ReadAll(byte[] bytes, bool collections)
    {
        var frame = Frame.Read(bytes);
        FramingExtras.TryGetStreamId(frame.FramingExtras, out _);
        FramingExtras.TryGetServerDuration(frame.FramingExtras, out _);
        AssertBothWaysAgree(bytes, collections);
        if (DcpMessageReader.TryReadEvent(bytes, collections, out var change))
        {
            using var reader = new DcpValueReader();
            var body = reader.ReadBody(change);
            if ((change.Datatype & Datatype.Xattr) != 0 && !body.IsEmpty)
                for (var section = XattrSection.Read(reader.ReadInflated(change).Span); section.MoveNext();)
                    Assert.False(section.Key.IsEmpty);
        }
        else if (frame.Header.Magic == Magic.ServerRequest)
        {
            ReadConfig(ClusterMapNotification.Read(frame).ConfigJson);
        }
        else if (frame.Header.IsResponse)
        {
            ErrorBody.Read(frame);
            ReadResponse(frame);
        }
        else
        {
            ReadOther(frame);
        }
    }

    // most mutations take a short way through the reader: it must see what the long way sees
    private static void AssertBothWaysAgree(byte[] bytes, bool collections)
    {
        bool isEvent;
        DcpEvent shortWay;
        try
        {
            isEvent = DcpMessageReader.TryReadEvent(bytes, 0, bytes.Length, collections, out shortWay);
        }
        catch (ProtocolException)
        {
            Assert.Throws<ProtocolException>(() => DcpMessageReader.TryReadEvent(bytes, collections, out _));
            return;
        }
        Assert.Equal(isEvent, DcpMessageReader.TryReadEvent(bytes, collections, out var longWay));
        // a system event's meaning is made anew each time
        Assert.Equal(longWay with { CollectionEvent = null }, shortWay with { CollectionEvent = null });
    }

    private static void ReadOther(in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.DcpSnapshotMarker: SnapshotMarkerMessage.Read(frame); break;
            case Opcode.DcpStreamEnd: StreamEndMessage.Read(frame); break;
            case Opcode.DcpNoop: NoopMessage.Read(frame); break;
            case Opcode.DcpCacheTransfer:
                for (var items = CacheTransferMessage.Read(frame); items.MoveNext();)
                    _ = items.Key.Length + items.Value.Length;
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
            case Opcode.Set or Opcode.Delete: StoredResponse.Read(frame); break;
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
