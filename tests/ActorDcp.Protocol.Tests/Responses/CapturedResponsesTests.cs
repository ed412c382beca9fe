using ActorDcp.Protocol.Responses;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Responses;

public sealed class CapturedResponsesTests
{
    public static TheoryData<string> AllCaptures => Capture.AsTheory();

    [Theory]
    [MemberData(nameof(AllCaptures))]
    public void Every_answer_of_a_server_is_read_by_the_reader_of_its_opcode(string name)
    {
        foreach (var captured in Capture.Load(name).Frames)
        {
            if (captured.FromClient)
                continue;
            var frame = captured.Read();
            if (frame.Header.Magic == Magic.ServerRequest)
            {
                var pushed = ClusterMapNotification.Read(frame);
                Assert.True(pushed.Revision > 0, captured.ToString());
            }
            else if (frame.Header.IsResponse && frame.Header.Status == Status.Success)
            {
                ReadSuccess(captured, frame);
            }
            else if (frame.Header.IsResponse)
            {
                ReadRefusal(captured, frame);
            }
        }
    }

    private static void ReadSuccess(CapturedFrame captured, in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.Helo:
                Assert.Equal(frame.Value.Length / 2, HelloResponse.Read(frame).Count);
                break;
            case Opcode.DcpStreamReq or Opcode.DcpGetFailoverLog or Opcode.GetFailoverLog:
                var log = FailoverLogResponse.Read(frame);
                Assert.False(log.NewestUuid.IsNone, captured.ToString());
                Assert.Equal(log.Entries.OrderByDescending(entry => entry.Seqno), log.Entries);
                break;
            case Opcode.ObserveSeqno:
                Assert.False(ObserveSeqnoResponse.Read(frame).Uuid.IsNone);
                break;
            case Opcode.GetAllVBucketSeqnos:
                var seqnos = AllVBucketSeqnosResponse.Read(frame);
                var count = seqnos.Remaining;
                while (seqnos.MoveNext())
                    count--;
                Assert.Equal(0, count);
                break;
            case Opcode.GetCollectionId or Opcode.GetScopeId:
                CollectionLookupResponse.Read(frame);
                break;
            case Opcode.GetCollectionsManifest:
                Assert.NotEmpty(CollectionsManifest.Read(frame).Scopes);
                break;
            case Opcode.GetClusterConfig:
                Assert.True(ClusterConfigResponse.Read(frame) is [] or [(byte)'{', ..], captured.ToString());
                break;
            case Opcode.Stat:
                StatResponse.Read(frame);
                break;
            case Opcode.Set or Opcode.Add or Opcode.Replace or Opcode.Delete:
                Assert.NotEqual(0UL, StoredResponse.Read(frame).Cas);
                break;
            case Opcode.Get:
                Assert.Equal(frame.Header.Cas, GetResponse.Read(frame).Cas);
                break;
        }
    }

    private static void ReadRefusal(CapturedFrame captured, in Frame frame)
    {
        var header = frame.Header;
        if (header is { Opcode: Opcode.DcpStreamReq, Status: Status.Rollback })
            RollbackResponse.Read(frame);
        else if (header.Status == Status.NotMyVBucket)
            Assert.True(ClusterConfigResponse.Read(frame) is [] or [(byte)'{', ..], captured.ToString());
        else if (header.Status is Status.UnknownCollection or Status.UnknownScope && !frame.Value.IsEmpty)
            Assert.NotNull(ErrorBody.Read(frame).ManifestUid);
        else if (frame.Value is [(byte)'{', ..])
            Assert.NotEqual(ErrorBody.Empty, ErrorBody.Read(frame));
    }
}
