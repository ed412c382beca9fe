using System.Text;
using ActorDcp.Protocol.Responses;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Responses;

public sealed class ReferenceResponsesTests
{
    [Fact]
    public void The_features_granted_are_read()
    {
        var features = HelloResponse.Read(Frame.Read(Reference.Bytes("7.2")));
        Assert.Equal(9, features.Count);
        Assert.True(features.IsSupersetOf([HelloFeature.Collections, HelloFeature.Snappy, HelloFeature.GetClusterConfigWithKnownVersion]));
    }

    [Fact]
    public void The_failover_log_is_read_newest_first()
    {
        var log = FailoverLogResponse.Read(Frame.Read(Reference.Bytes("7.11")));
        Assert.Equal(
            [
                new FailoverLogEntry(new VBucketUuid(0xA1B2C3D4E5F6), new Seqno(800)),
                new FailoverLogEntry(new VBucketUuid(0x111122223333), new Seqno(250)),
                new FailoverLogEntry(new VBucketUuid(0xDEADBEEFCAFE), new Seqno(0)),
            ],
            log.Entries.ToArray());
    }

    [Fact]
    public void The_seqno_of_a_rollback_is_read() =>
        Assert.Equal(new Seqno(990), RollbackResponse.Read(Frame.Read(Reference.Bytes("7.12"))));

    [Fact]
    public void The_error_body_of_an_unknown_collection_names_the_servers_manifest() =>
        Assert.Equal(
            new ErrorBody("Unknown scope or collection in operation", "", 4), ErrorBody.Read(Frame.Read(Reference.Bytes("7.13"))));

    [Fact]
    public void Observed_seqnos_are_read_with_and_without_a_failover()
    {
        Assert.Equal(
            new ObserveSeqnoResponse(new VBucketId(115), new VBucketUuid(0xA1B2C3D4E5F6), new Seqno(995), new Seqno(1010), null),
            ObserveSeqnoResponse.Read(Frame.Read(Reference.Bytes("7.34"))));
        Assert.Equal(
            new ObserveSeqnoResponse(
                new VBucketId(115), new VBucketUuid(0xBBBBCCCCDDDD), new Seqno(1003), new Seqno(1020),
                new ObservedFailover(new VBucketUuid(0xA1B2C3D4E5F6), new Seqno(1001))),
            ObserveSeqnoResponse.Read(Frame.Read(Reference.Bytes("7.35"))));
    }

    [Fact]
    public void The_seqnos_of_all_vbuckets_are_read()
    {
        var seqnos = AllVBucketSeqnosResponse.Read(Frame.Read(Reference.Bytes("7.37")));
        Assert.Equal(2, seqnos.Remaining);
        Assert.True(seqnos.MoveNext());
        Assert.Equal((new VBucketId(0), new Seqno(12)), (seqnos.VBucket, seqnos.Seqno));
        Assert.True(seqnos.MoveNext());
        Assert.Equal((new VBucketId(115), new Seqno(1010)), (seqnos.VBucket, seqnos.Seqno));
        Assert.False(seqnos.MoveNext());
    }

    [Fact]
    public void A_brief_push_names_bucket_and_revision()
    {
        var push = ClusterMapNotification.Read(Frame.Read(Reference.Bytes("7.38")));
        Assert.Equal((1, 4242), (push.Epoch, push.Revision));
        Assert.Equal("travel-sample", push.Bucket);
        Assert.True(push.ConfigJson.IsEmpty);
    }

    [Fact]
    public void A_change_tells_its_seqno()
    {
        var expected = new StoredResponse(0x17A1B2C3D4EA0000, new VBucketUuid(0xA1B2C3D4E5F6), new Seqno(1011));
        Assert.Equal(expected, StoredResponse.Read(Frame.Read(Reference.Bytes("7.40"))));
        Assert.Equal(expected, StoredResponse.Read(Frame.Read(Reference.Bytes("7.50"))));
    }

    [Fact]
    public void The_id_of_a_collection_is_read() =>
        Assert.Equal(new CollectionLookupResponse(5, 9), CollectionLookupResponse.Read(Frame.Read(Reference.Bytes("7.45"))));

    [Fact]
    public void A_statistic_is_read_and_so_is_the_last()
    {
        var first = StatResponse.Read(Frame.Read(Reference.Bytes("7.48")));
        Assert.Equal(new StatResponse("vb_115:high_seqno", "1013"), first);
        Assert.False(first.IsEnd);
        Assert.True(StatResponse.Read(Frame.Read(Reference.Bytes("7.49"))).IsEnd);
    }

    [Fact]
    public void A_recorded_manifest_is_read()
    {
        var capture = Capture.Load("collections-lookups");
        var expected = capture.Header.GetProperty("expect").GetProperty("manifest");
        var answer = capture.Frames.First(frame =>
            !frame.FromClient && frame.Bytes[0] == 0x81 && frame.Bytes[1] == (byte)Opcode.GetCollectionsManifest && frame.Bytes[7] == 0);
        var manifest = CollectionsManifest.Read(answer.Read());
        Assert.Equal(Reference.Hex(expected.GetProperty("uid").GetString()!), manifest.Uid);
        foreach (var scope in expected.GetProperty("scopes").EnumerateArray())
            foreach (var collection in scope.GetProperty("collections").EnumerateArray())
                Assert.Equal(
                    Reference.Hex(collection.GetProperty("uid").GetString()!),
                    manifest.Find(scope.GetProperty("name").GetString()!, collection.GetProperty("name").GetString()!)!.Id);
        Assert.Equal(0u, manifest.Find("", "")!.Id);
        Assert.Null(manifest.Find("nobody", "nothing"));
    }

    [Fact]
    public void A_recorded_error_map_explains_statuses()
    {
        var answer = Capture.Load("bootstrap-helo").Frames.Last(frame =>
            !frame.FromClient && frame.Bytes[0] == 0x81 && frame.Bytes[1] == (byte)Opcode.GetErrorMap && frame.Bytes[7] == 0);
        var map = ErrorMap.Read(answer.Read());
        Assert.Equal(2, map.Version);
        Assert.Equal(ErrorAttributes.FetchConfig | ErrorAttributes.InvalidInput, map.AttributesOf(Status.NotMyVBucket));
        Assert.True(map.AttributesOf(Status.TemporaryFailure).HasFlag(ErrorAttributes.Temporary | ErrorAttributes.RetryNow));
        Assert.True(map.AttributesOf(Status.Rollback).HasFlag(ErrorAttributes.Dcp));
        Assert.Equal(ErrorAttributes.None, map.AttributesOf((Status)0xfff0));
        Assert.Equal("ROLLBACK", map.Errors[Status.Rollback].Name);
    }

    [Theory]
    [InlineData("{\"error\":{\"context\":\"text\",\"ref\":\"uuid\"}}", "text", "uuid")]
    [InlineData("{\"error\":{}}", "", "")]
    [InlineData("{\"error\":7,\"manifest_uid\":8}", "", "")]
    [InlineData("{\"error\":", "", "")]
    [InlineData("plain", "", "")]
    [InlineData("", "", "")]
    public void An_error_body_of_any_form_is_read(string value, string context, string reference)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(output, Opcode.DcpStreamReq, Status.InvalidArguments, 1, value: Encoding.UTF8.GetBytes(value));
        Assert.Equal(new ErrorBody(context, reference, null), ErrorBody.Read(Frame.Read(output.WrittenSpan)));
    }

    [Theory]
    [InlineData(Opcode.DcpStreamReq, "0000000000000001")]
    [InlineData(Opcode.DcpStreamReq, "")]
    [InlineData(Opcode.ObserveSeqno, "00")]
    [InlineData(Opcode.ObserveSeqno, "020000")]
    [InlineData(Opcode.GetAllVBucketSeqnos, "00")]
    [InlineData(Opcode.Helo, "000600")]
    [InlineData(Opcode.GetCollectionId, "")]
    [InlineData(Opcode.GetCollectionsManifest, "7b7d")]
    [InlineData(Opcode.GetErrorMap, "5b5d")]
    public void An_answer_of_the_wrong_form_is_refused(Opcode opcode, string value)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(output, opcode, Status.Success, 1, value: Convert.FromHexString(value));
        Assert.Throws<ProtocolException>(() => Read(opcode, output.WrittenSpan));
    }

    private static void Read(Opcode opcode, ReadOnlySpan<byte> bytes)
    {
        var frame = Frame.Read(bytes);
        switch (opcode)
        {
            case Opcode.DcpStreamReq: FailoverLogResponse.Read(frame); break;
            case Opcode.ObserveSeqno: ObserveSeqnoResponse.Read(frame); break;
            case Opcode.GetAllVBucketSeqnos: AllVBucketSeqnosResponse.Read(frame); break;
            case Opcode.Helo: HelloResponse.Read(frame); break;
            case Opcode.GetCollectionId: CollectionLookupResponse.Read(frame); break;
            case Opcode.GetCollectionsManifest: CollectionsManifest.Read(frame); break;
            case Opcode.GetErrorMap: ErrorMap.Read(frame); break;
            default: throw new ArgumentOutOfRangeException(nameof(opcode));
        }
    }
}
