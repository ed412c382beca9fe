using System.Buffers;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Responses;
using ActorDcp.Protocol.Values;
using FsCheck;
using FsCheck.Fluent;

namespace ActorDcp.Protocol.Tests.Properties;

/// <summary>What is written is read again: frames, framing, keys, values and requests.</summary>
public sealed class FrameProperties
{
    private sealed record Parts(byte[] Framing, byte[] Extras, byte[] Key, byte[] Value, ushort VBucket, uint Opaque, ulong Cas, byte Datatype, byte Opcode);

    private static readonly Gen<Parts> AnyFrame =
        from framing in Any.Bytes(byte.MaxValue)
        from extras in Any.Bytes(byte.MaxValue)
        from key in Any.Bytes(byte.MaxValue)
        from value in Any.Bytes(600)
        from vbucket in Any.UInt16
        from opaque in Any.UInt32
        from cas in Any.UInt64
        from datatype in Any.Byte
        from opcode in Any.Byte
        select new Parts(framing, extras, key, value, vbucket, opaque, cas, datatype, opcode);

    [Fact]
    public void A_frame_is_read_as_it_was_written() => Any.Holds(AnyFrame, parts =>
    {
        foreach (var magic in Enum.GetValues<Magic>())
        {
            var isFlexible = magic is Magic.FlexibleRequest or Magic.FlexibleResponse;
            // quirk 10.1: these two are taken to have three framing bytes where they announce none
            if (magic == Magic.FlexibleRequest && parts.Framing.Length == 0 && (Opcode)parts.Opcode is Opcode.DcpDeletion or Opcode.DcpExpiration)
                continue;
            var framing = isFlexible ? parts.Framing : [];
            var output = new ArrayBufferWriter<byte>();
            FrameWriter.Write(output, magic, (Opcode)parts.Opcode, parts.VBucket, parts.Opaque, framing, parts.Extras, parts.Key, parts.Value, (Datatype)parts.Datatype, parts.Cas);
            Assert.True(FrameScanner.TryScan(output.WrittenSpan, out var length));
            Assert.Equal(output.WrittenCount, length);
            Assert.False(FrameScanner.TryScan(output.WrittenSpan[..^1], out _));
            var frame = Frame.Read(output.WrittenSpan);
            Assert.Equal(
                (magic, (Opcode)parts.Opcode, parts.VBucket, parts.Opaque, parts.Cas, (Datatype)parts.Datatype),
                (frame.Header.Magic, frame.Header.Opcode, frame.Header.VBucketOrStatus, frame.Header.Opaque, frame.Header.Cas, frame.Header.Datatype));
            Assert.True(frame.FramingExtras.SequenceEqual(framing) && frame.Extras.SequenceEqual(parts.Extras));
            Assert.True(frame.Key.SequenceEqual(parts.Key) && frame.Value.SequenceEqual(parts.Value));
        }
    });

    [Fact]
    public void A_length_beyond_its_field_is_refused() => Any.Holds(Gen.Choose(1, 70_000), length =>
    {
        void Write(Magic magic, int framing, int extras, int key) => FrameWriter.Write(
            new ArrayBufferWriter<byte>(), magic, Opcode.Get, 0, 0, new byte[framing], new byte[extras], new byte[key], [], Datatype.Raw, 0);
        AssertFits(length <= ushort.MaxValue, () => Write(Magic.Request, 0, 0, length));
        AssertFits(length <= byte.MaxValue, () => Write(Magic.FlexibleRequest, 0, 0, length));
        AssertFits(length <= byte.MaxValue, () => Write(Magic.FlexibleRequest, length, 0, 0));
        AssertFits(length <= byte.MaxValue, () => Write(Magic.Request, 0, length, 0));
    }, times: 100);

    [Fact]
    public void A_collection_id_is_read_as_it_was_written() => Any.Holds(Any.UInt32, id =>
    {
        Span<byte> bytes = stackalloc byte[Leb128.MaxLength];
        var length = Leb128.Write(bytes, id);
        Assert.True(Leb128.TryRead(bytes[..length], out var read, out var taken));
        Assert.Equal((id, length), (read, taken));
        Assert.False(length > 1 && Leb128.TryRead(bytes[..(length - 1)], out _, out _));
    });

    [Fact]
    public void A_stream_id_is_found_among_other_entries() => Any.Holds(Any.UInt16.SelectMany(id => Gen.Choose(0, 14), (id, before) => (Id: id, Before: before)), entry =>
    {
        // an entry of another id and any short length before it
        byte[] framing = [(byte)(0x40 | entry.Before), .. new byte[entry.Before], 0, 0, 0];
        RequestFraming.WriteStreamId(framing.AsSpan(1 + entry.Before), entry.Id);
        Assert.True(FramingExtras.TryGetStreamId(framing, out var read));
        Assert.Equal(entry.Id, read);
        Assert.False(FramingExtras.TryGetStreamId(framing.AsSpan(0, 1 + entry.Before), out _));
    });

    [Fact]
    public void A_duration_is_known_to_about_half_a_step() => Any.Holds(Any.UInt16, encoded =>
    {
        var decoded = Math.Round(Math.Pow(encoded, 1.74) / 2);
        byte[] framing = [0x02, (byte)(encoded >> 8), (byte)encoded];
        Assert.True(FramingExtras.TryGetServerDuration(framing, out var duration));
        Assert.Equal(decoded, duration.TotalMicroseconds, tolerance: 1);
    });

    [Fact]
    public void A_value_is_inflated_to_what_was_deflated() => Any.Holds(Compressible, value =>
    {
        var block = SnappyBlock.Deflate(value);
        Assert.Equal(value, SnappyBlock.Inflate(block));
        var buffer = new byte[SnappyBlock.ReadInflatedLength(block)];
        Assert.Equal(value.Length, SnappyBlock.Inflate(block, buffer));
        Assert.Equal(value, buffer);
    });

    [Fact]
    public void Attributes_and_body_are_read_as_they_were_laid_out() => Any.Holds(
        from names in Gen.Choose(0, 6)
        from value in Any.Bytes(40)
        from body in Any.Bytes(400)
        from compressed in Gen.Elements(true, false)
        select (names, value, body, compressed),
        document =>
        {
            var text = document.value.Where(letter => letter != 0).ToArray();
            var pairs = Enumerable.Range(0, document.names).SelectMany(i =>
            {
                byte[] pair = [(byte)(i % 2 == 0 ? '_' : 'u'), (byte)('a' + i), 0, .. text, 0];
                return Any.BigEndian((ulong)pair.Length, 4).Concat(pair);
            }).ToArray();
            byte[] whole = [.. Any.BigEndian((ulong)pairs.Length, 4), .. pairs, .. document.body];
            var change = new DcpEvent
            {
                Kind = DcpEventKind.Mutation,
                Datatype = Datatype.Xattr | (document.compressed ? Datatype.Snappy : Datatype.Raw),
                Value = document.compressed ? SnappyBlock.Deflate(whole) : whole,
            };
            using var reader = new DcpValueReader();
            Assert.Equal(document.body, reader.ReadBody(change).ToArray());
            var found = 0;
            for (var section = XattrSection.Read(reader.ReadInflated(change).Span); section.MoveNext(); found++)
            {
                Assert.True(section.Value.SequenceEqual(text));
                Assert.Equal(found % 2 == 0, section.IsSystem);
            }
            Assert.Equal(document.names, found);
        });

    [Fact]
    public void A_stream_request_says_what_it_was_given() => Any.Holds(
        from start in Any.UInt64
        from below in Any.UInt64
        from above in Any.UInt64
        from uuid in Any.UInt64
        from until in Any.Seqno
        from flags in Any.UInt32
        from vbucket in Any.VBucket
        from opaque in Any.UInt32
        select (start, below, above, uuid, until, flags, vbucket, opaque),
        request =>
        {
            var snapshot = new StreamSnapshot(
                new Seqno(request.start - Math.Min(request.start, request.below)), new Seqno(request.start + Math.Min(ulong.MaxValue - request.start, request.above)));
            var from = new StreamOffset(new VBucketUuid(Math.Max(1, request.uuid)), new Seqno(request.start), snapshot);
            var output = new ArrayBufferWriter<byte>();
            DcpRequests.WriteStreamReq(output, request.vbucket, request.opaque, request.flags, from, request.until, default);
            var frame = Frame.Read(output.WrittenSpan);
            byte[] expected =
            [
                .. Any.BigEndian(request.flags, 4), 0, 0, 0, 0, .. Any.BigEndian(request.start, 8), .. Any.BigEndian(request.until.Value, 8),
                .. Any.BigEndian(from.Uuid.Value, 8), .. Any.BigEndian(from.Snapshot.Start.Value, 8), .. Any.BigEndian(from.Snapshot.End.Value, 8),
            ];
            Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(frame.Extras));
            Assert.Equal((request.vbucket, request.opaque), (frame.Header.VBucket, frame.Header.Opaque));
            // 4.4: never outside its snapshot
            Assert.True(from.Snapshot.Start <= from.Seqno && from.Seqno <= from.Snapshot.End);
        });

    [Fact]
    public void Answers_are_read_as_they_were_laid_out() => Any.Holds(
        from entries in Any.UInt64.ArrayOf(16)
        from count in Gen.Choose(1, 8)
        from rollback in Any.UInt64
        from vbucket in Any.UInt16
        select (entries, count, rollback, vbucket),
        answer =>
        {
            var seqnos = answer.entries.Take(answer.count).OrderDescending().ToArray();
            var uuids = answer.entries.Skip(8).Take(answer.count).Select(uuid => Math.Max(1, uuid)).ToArray();
            byte[] log = [.. Enumerable.Range(0, answer.count).SelectMany(i => Any.BigEndian(uuids[i], 8).Concat(Any.BigEndian(seqnos[i], 8)))];
            var read = FailoverLogResponse.Read(Frame.Read(Response(Opcode.DcpStreamReq, Status.Success, [], log)));
            Assert.Equal(uuids, read.Entries.Select(entry => entry.Uuid.Value));
            Assert.Equal(seqnos, read.Entries.Select(entry => entry.Seqno.Value));

            Assert.Equal(answer.rollback, RollbackResponse.Read(Frame.Read(Response(Opcode.DcpStreamReq, Status.Rollback, [], Any.BigEndian(answer.rollback, 8)))).Value);

            byte[] all = [.. answer.entries.SelectMany((seqno, i) => Any.BigEndian((ulong)i, 2).Concat(Any.BigEndian(seqno, 8)))];
            var each = AllVBucketSeqnosResponse.Read(Frame.Read(Response(Opcode.GetAllVBucketSeqnos, Status.Success, [], all)));
            for (var i = 0; i < answer.entries.Length; i++)
            {
                Assert.True(each.MoveNext());
                Assert.Equal((new VBucketId((ushort)i), new Seqno(answer.entries[i])), (each.VBucket, each.Seqno));
            }
            Assert.False(each.MoveNext());

            byte[] observed =
            [
                1, .. Any.BigEndian(answer.vbucket, 2), .. Any.BigEndian(uuids[0], 8), .. Any.BigEndian(answer.entries[1], 8),
                .. Any.BigEndian(answer.entries[2], 8), .. Any.BigEndian(answer.entries[3], 8), .. Any.BigEndian(answer.entries[4], 8),
            ];
            Assert.Equal(
                new ObserveSeqnoResponse(
                    new VBucketId(answer.vbucket), new VBucketUuid(uuids[0]), new Seqno(answer.entries[1]), new Seqno(answer.entries[2]),
                    new ObservedFailover(new VBucketUuid(answer.entries[3]), new Seqno(answer.entries[4]))),
                ObserveSeqnoResponse.Read(Frame.Read(Response(Opcode.ObserveSeqno, Status.Success, [], observed))));
        });

    private static readonly Gen<byte[]> Compressible = Any.Bytes(300).SelectMany(
        part => Gen.Choose(1, 40), (part, times) => Enumerable.Repeat(part, times).SelectMany(bytes => bytes).ToArray());

    private static byte[] Response(Opcode opcode, Status status, byte[] extras, byte[] value)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(output, Magic.Response, opcode, (ushort)status, 1, [], extras, [], value, Datatype.Raw, 0);
        return output.WrittenSpan.ToArray();
    }

    private static void AssertFits(bool fits, Action write)
    {
        var refused = Record.Exception(write);
        Assert.True(fits == refused is null, $"{refused}");
        Assert.True(refused is null or ArgumentException or OverflowException, $"{refused}");
    }
}
