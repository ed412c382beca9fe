using System.Buffers;
using ActorDcp.Protocol.Messages;
using FsCheck;
using FsCheck.Fluent;

namespace ActorDcp.Protocol.Tests.Properties;

/// <summary>Each message of a producer, laid out by hand from dcp-reference.md 3.8 to 3.17, is read as what it is.</summary>
public sealed class MessageProperties
{
    // keys are at most 250 bytes and have a prefix of up to five (dcp-reference.md 1.5, 1.8)
    private const int LongestKey = 250;

    private sealed record Document(
        VBucketId VBucket, ulong Seqno, ulong Rev, ulong Cas, uint Flags, uint Time, uint Collection, byte[] Key, byte[] Value, ushort? StreamId, byte Datatype);

    private static readonly Gen<Document> AnyDocument =
        from vbucket in Any.VBucket
        from seqno in Any.UInt64
        from rev in Any.UInt64
        from cas in Any.UInt64
        from flags in Any.UInt32
        from time in Any.UInt32
        from collection in Any.UInt32
        from key in Any.Bytes(LongestKey)
        from value in Any.Bytes(500)
        from id in Any.UInt16
        from hasId in Gen.Elements(true, false)
        from datatype in Gen.Choose(0, 7)
        select new Document(vbucket, seqno, rev, cas, flags, time, collection, key, value, hasId ? id : null, (byte)datatype);

    [Fact]
    public void A_mutation_is_read() => Any.Holds(AnyDocument, document =>
    {
        byte[] extras =
        [
            .. Any.BigEndian(document.Seqno, 8), .. Any.BigEndian(document.Rev, 8), .. Any.BigEndian(document.Flags, 4),
            .. Any.BigEndian(document.Time, 4), 0, 0, 0, 0, 0, 0, 0x7f,
        ];
        var change = AssertDocument(DcpEventKind.Mutation, Opcode.DcpMutation, document, extras);
        Assert.Equal((document.Rev, document.Flags, document.Time, 0u), (change.RevSeqno, change.Flags, change.Expiry, change.DeleteTime));
    });

    [Fact]
    public void A_deletion_of_both_versions_is_read() => Any.Holds(AnyDocument, document =>
    {
        byte[] first = [.. Any.BigEndian(document.Seqno, 8), .. Any.BigEndian(document.Rev, 8), 0, 0];
        var change = AssertDocument(DcpEventKind.Deletion, Opcode.DcpDeletion, document, first);
        Assert.Equal((document.Rev, 0u), (change.RevSeqno, change.DeleteTime));
        byte[] second = [.. Any.BigEndian(document.Seqno, 8), .. Any.BigEndian(document.Rev, 8), .. Any.BigEndian(document.Time, 4), 0];
        change = AssertDocument(DcpEventKind.Deletion, Opcode.DcpDeletion, document, second);
        Assert.Equal((document.Rev, document.Time), (change.RevSeqno, change.DeleteTime));
    });

    [Fact]
    public void An_expiration_is_read() => Any.Holds(AnyDocument, document =>
    {
        byte[] extras = [.. Any.BigEndian(document.Seqno, 8), .. Any.BigEndian(document.Rev, 8), .. Any.BigEndian(document.Time, 4)];
        var change = AssertDocument(DcpEventKind.Expiration, Opcode.DcpExpiration, document, extras);
        Assert.Equal((document.Rev, document.Time), (change.RevSeqno, change.DeleteTime));
    });

    [Fact]
    public void The_three_messages_of_a_durable_write_are_read() => Any.Holds(AnyDocument, document =>
    {
        byte[] prepare =
        [
            .. Any.BigEndian(document.Seqno, 8), .. Any.BigEndian(document.Rev, 8), .. Any.BigEndian(document.Flags, 4),
            .. Any.BigEndian(document.Time, 4), 0, 0, 0, 0, 0, 0, 2,
        ];
        var plain = document with { StreamId = null };
        var change = AssertDocument(DcpEventKind.Prepare, Opcode.DcpPrepare, plain, prepare, chargedMore: 2);
        Assert.Equal((document.Rev, document.Flags, document.Time, (byte)2), (change.RevSeqno, change.Flags, change.Expiry, change.DurabilityLevel));
        byte[] completion = [.. Any.BigEndian(document.Rev, 8), .. Any.BigEndian(document.Seqno, 8)];
        var bare = plain with { Value = [], Datatype = 0 };
        Assert.Equal(document.Rev, AssertDocument(DcpEventKind.Commit, Opcode.DcpCommit, bare, completion).PreparedSeqno.Value);
        Assert.Equal(document.Rev, AssertDocument(DcpEventKind.Abort, Opcode.DcpAbort, bare, completion).PreparedSeqno.Value);
    });

    [Fact]
    public void A_marker_of_every_version_is_read() => Any.Holds(
        from numbers in Any.UInt64.ArrayOf(6)
        from flags in Any.UInt32
        select (numbers, flags),
        marker =>
        {
            var (start, end) = (Math.Min(marker.numbers[0], marker.numbers[1]), Math.Max(marker.numbers[0], marker.numbers[1]));
            byte[] v1 = [.. Any.BigEndian(start, 8), .. Any.BigEndian(end, 8), .. Any.BigEndian(marker.flags, 4)];
            byte[] v20 = [.. v1, .. Any.BigEndian(marker.numbers[2], 8), .. Any.BigEndian(marker.numbers[3], 8)];
            byte[] v22 = [.. v20, .. Any.BigEndian(marker.numbers[4], 8), .. Any.BigEndian(marker.numbers[5], 8)];
            var expected = new SnapshotMarker(new StreamSnapshot(new Seqno(start), new Seqno(end)), (SnapshotFlags)marker.flags);
            Assert.Equal(expected, Read(v1, []));
            expected = expected with { Version = SnapshotMarkerVersion.V20, MaxVisibleSeqno = new Seqno(marker.numbers[2]), HighCompletedSeqno = new Seqno(marker.numbers[3]) };
            Assert.Equal(expected, Read([0], v20));
            expected = expected with { Version = SnapshotMarkerVersion.V22, PurgeSeqno = new Seqno(marker.numbers[4]), HighPreparedSeqno = new Seqno(marker.numbers[5]) };
            Assert.Equal(expected, Read([2], v22));

            static SnapshotMarker Read(byte[] extras, byte[] value) =>
                SnapshotMarkerMessage.Read(Frame.Read(LayOut(Opcode.DcpSnapshotMarker, default, null, extras, [], value, 0, 0)));
        });

    [Fact]
    public void Classic_system_events_are_read() => Any.Holds(
        from seqno in Any.UInt64
        from manifest in Any.UInt64
        from scope in Any.UInt32
        from collection in Any.UInt32
        from ttl in Any.UInt32
        from name in Gen.Choose('a', 'z').ArrayOf(30)
        select (seqno, manifest, scope, collection, ttl, name: new string([.. name.Select(letter => (char)letter)])),
        created =>
        {
            byte[] scope = [.. Any.BigEndian(created.manifest, 8), .. Any.BigEndian(created.scope, 4)];
            byte[] collection = [.. scope, .. Any.BigEndian(created.collection, 4)];
            byte[] withTtl = [.. collection, .. Any.BigEndian(created.ttl, 4)];
            Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionBegin, created.manifest, created.scope, created.collection, created.name, null), Read(0, 0, collection));
            Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionBegin, created.manifest, created.scope, created.collection, created.name, created.ttl), Read(0, 1, withTtl));
            Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionEnd, created.manifest, created.scope, created.collection, created.name, null), Read(1, 0, collection));
            Assert.Equal(new CollectionEvent(CollectionEventKind.ScopeCreate, created.manifest, created.scope, null, created.name, null), Read(3, 0, scope));
            Assert.Equal(new CollectionEvent(CollectionEventKind.ScopeDrop, created.manifest, created.scope, null, created.name, null), Read(4, 0, scope));

            CollectionEvent? Read(byte kind, byte version, byte[] value)
            {
                byte[] extras = [.. Any.BigEndian(created.seqno, 8), 0, 0, 0, kind, version];
                var key = System.Text.Encoding.ASCII.GetBytes(created.name);
                Assert.True(DcpMessageReader.TryReadEvent(LayOut(Opcode.DcpSystemEvent, default, null, extras, key, value, 0, 0), true, out var change));
                Assert.Equal((DcpEventKind.SystemEvent, created.seqno), (change.Kind, change.Seqno.Value));
                return change.CollectionEvent;
            }
        });

    [Fact]
    public void What_carries_a_number_alone_is_read() => Any.Holds(Any.UInt64, number =>
    {
        Assert.True(DcpMessageReader.TryReadEvent(LayOut(Opcode.DcpSeqnoAdvanced, default, null, Any.BigEndian(number, 8), [], [], 0, 0), true, out var advanced));
        Assert.Equal((DcpEventKind.SeqnoAdvanced, number), (advanced.Kind, advanced.Seqno.Value));
        var end = StreamEndMessage.Read(Frame.Read(LayOut(Opcode.DcpStreamEnd, default, null, Any.BigEndian(number, 4), [], [], 0, 0)));
        Assert.Equal((uint)number, (uint)end.Reason);
    });

    private static DcpEvent AssertDocument(DcpEventKind kind, Opcode opcode, Document document, byte[] extras, int chargedMore = 0)
    {
        Span<byte> prefix = stackalloc byte[Leb128.MaxLength];
        byte[] key = [.. prefix[..Leb128.Write(prefix, document.Collection)], .. document.Key];
        // a flexible header has one byte for the length of the key
        if (key.Length > byte.MaxValue)
            document = document with { StreamId = null };
        var bytes = LayOut(opcode, document.VBucket, document.StreamId, extras, key, document.Value, document.Datatype, document.Cas);
        Assert.True(DcpMessageReader.TryReadEvent(bytes, collections: true, out var change));
        Assert.Equal(
            (kind, document.VBucket, document.Seqno, document.Cas, document.Collection, bytes.Length + chargedMore),
            (change.Kind, change.VBucket, change.Seqno.Value, change.Cas, change.CollectionId, change.WireBytes));
        Assert.Equal(document.Key, change.Key.ToArray());
        Assert.Equal(document.Value, change.Value.ToArray());
        Assert.Equal((Datatype)document.Datatype, change.Datatype);
        Assert.Equal(change.WireBytes, FlowControlCharge.Of(FrameHeader.Read(bytes)));
        return change;
    }

    private static byte[] LayOut(
        Opcode opcode, VBucketId vbucket, ushort? streamId, byte[] extras, byte[] key, byte[] value, byte datatype, ulong cas)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] framing = streamId is { } id ? [0x22, .. Any.BigEndian(id, 2)] : [];
        FrameWriter.Write(
            output, streamId is null ? Magic.Request : Magic.FlexibleRequest, opcode, vbucket.Value, 1, framing, extras, key, value, (Datatype)datatype, cas);
        return output.WrittenSpan.ToArray();
    }
}
