using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Messages;

public sealed class CapturedMessagesTests
{
    public static TheoryData<string> AllCaptures => Capture.AsTheory();

    [Theory]
    [MemberData(nameof(AllCaptures))]
    public void Every_message_of_a_producer_is_read_by_the_reader_of_its_opcode(string name)
    {
        var connections = new CapturedConnections();
        foreach (var captured in Capture.Load(name).Frames)
        {
            if (captured.FromClient)
                continue;
            connections.Follow(captured);
            var frame = captured.Read();
            if (!frame.Header.IsRequest || frame.Header.IsServerInitiated)
                continue;
            var collections = connections.Has(captured, HelloFeature.Collections);
            if (DcpMessageReader.TryReadEvent(captured.Bytes, collections, out var change))
            {
                Assert.Equal(frame.Header.VBucket, change.VBucket);
                Assert.Equal(FlowControlCharge.Of(frame.Header), change.WireBytes);
                Assert.True(DcpMessageReader.TryReadEvent(captured.Bytes, 0, captured.Bytes.Length, collections, out var same));
                Assert.Equal(change with { CollectionEvent = null }, same with { CollectionEvent = null });
                Assert.Equal(change.CollectionEvent, same.CollectionEvent);
                Assert.True(change.Kind is DcpEventKind.OsoStart or DcpEventKind.OsoEnd || change.Seqno > Seqno.Zero, captured.ToString());
                continue;
            }
            switch (frame.Header.Opcode)
            {
                case Opcode.DcpSnapshotMarker:
                    Assert.NotEqual(SnapshotFlags.None, SnapshotMarkerMessage.Read(frame).Flags);
                    break;
                case Opcode.DcpStreamEnd:
                    Assert.True(Enum.IsDefined(StreamEndMessage.Read(frame).Reason));
                    break;
                case Opcode.DcpNoop:
                    Assert.Equal(frame.Header.Opaque, NoopMessage.Read(frame).Opaque);
                    break;
                default:
                    Assert.Fail($"no reader for {captured}");
                    break;
            }
        }
    }
}
