using System.Text;
using System.Text.Json;
using ActorDcp.Handlers.JsonLines;
using ActorDcp.Tests.Streams;

namespace ActorDcp.Tests.Handlers;

public sealed class JsonLinesTests : IDisposable
{
    private static readonly VBucketId VBucket = new(12);
    private readonly DcpJsonLines _lines = new();
    private readonly DcpJsonLines _withValues = new(values: true);

    public void Dispose()
    {
        _lines.Dispose();
        _withValues.Dispose();
    }

    [Fact]
    public void A_mutation_has_every_key_and_no_value()
    {
        var text = Line(_lines, TestBatches.Mutation(5) with
        {
            Cas = ulong.MaxValue, RevSeqno = 3, Flags = 7, Expiry = 99, CollectionId = 8, Datatype = Datatype.Json | Datatype.Snappy,
            Value = "{}"u8.ToArray(),
        });

        Assert.Equal(
            """{"vb":12,"type":"mutation","seqno":5,"key":"k5","cas":"18446744073709551615","rev":3,"flags":7,"expiry":99,"datatype":1,"cid":8,"len":2,"sha1":"bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f"}""",
            text);
    }

    [Fact]
    public void A_removal_tells_its_time_and_a_stamp_comes_last()
    {
        var stamp = new JsonLineStamp(DateTimeOffset.UnixEpoch.AddTicks(12_345_670), "m1", new OwnershipEpoch(4));

        var text = Line(_lines, new DcpEvent
        {
            Kind = DcpEventKind.Expiration, Seqno = new Seqno(6), Key = "a\nb"u8.ToArray(), Cas = 1, RevSeqno = 2, DeleteTime = 77,
        }, stamp);

        Assert.Equal(
            """{"vb":12,"type":"expiration","seqno":6,"key":"a\nb","cas":"1","rev":2,"flags":0,"expiry":0,"delete_time":77,"datatype":0,"cid":0,"len":0,"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","at":1234567,"member":"m1","epoch":4}""",
            text);
    }

    [Fact]
    public void A_key_that_is_not_text_appears_as_base64()
    {
        using var line = JsonDocument.Parse(Line(_lines, TestBatches.Mutation(1) with { Key = new byte[] { 0xff, 0x00, 0x80 } }));

        Assert.False(line.RootElement.TryGetProperty("key", out _));
        Assert.Equal([0xff, 0x00, 0x80], line.RootElement.GetProperty("key_base64").GetBytesFromBase64());
    }

    [Theory]
    [InlineData("{\"a\": [1.50, \"é\\n\"]}", "{\"a\": [1.50, \"é\\n\"]}")]
    [InlineData("{\r\n  \"a\": 12345678901234567890.10\n}", "{\"a\":12345678901234567890.10}")]
    [InlineData("7", "7")]
    public void A_json_value_is_json_on_one_line(string body, string expected)
    {
        var text = Line(_withValues, TestBatches.Mutation(1) with { Value = Encoding.UTF8.GetBytes(body) });

        Assert.EndsWith($",\"value\":{expected}}}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":", Datatype.Json)]
    [InlineData("\"\\ud800\"", Datatype.Json)]
    [InlineData("", Datatype.Json)]
    [InlineData("plain", Datatype.Raw)]
    public void Any_other_value_is_base64(string body, Datatype datatype)
    {
        var bytes = Encoding.UTF8.GetBytes(body);

        using var line = JsonDocument.Parse(Line(_withValues, TestBatches.Mutation(1) with { Value = bytes, Datatype = datatype }));

        Assert.Equal(bytes, line.RootElement.GetProperty("value_base64").GetBytesFromBase64());
    }

    [Fact]
    public void Control_events_have_their_own_keys()
    {
        Assert.Equal("""{"vb":12,"type":"seqno_advanced","seqno":9}""", Line(_lines, Of(DcpEventKind.SeqnoAdvanced, 9)));
        Assert.Equal("""{"vb":12,"type":"oso","begin":true}""", Line(_lines, Of(DcpEventKind.OsoStart, 0)));
        Assert.Equal("""{"vb":12,"type":"oso","begin":false}""", Line(_lines, Of(DcpEventKind.OsoEnd, 0)));
        Assert.Equal(
            """{"vb":12,"type":"prepare","seqno":3,"key":"k","level":2}""",
            Line(_lines, Of(DcpEventKind.Prepare, 3) with { Key = "k"u8.ToArray(), DurabilityLevel = 2 }));
        Assert.Equal(
            """{"vb":12,"type":"abort","seqno":4,"key":"k","prepared_seqno":3}""",
            Line(_lines, Of(DcpEventKind.Abort, 4) with { Key = "k"u8.ToArray(), PreparedSeqno = new Seqno(3) }));
        Assert.Equal(
            """{"vb":12,"type":"system_event","seqno":5,"event":"collection_begin","scope":8,"cid":9,"name":"c","manifest":3,"max_ttl":60}""",
            Line(_lines, Of(DcpEventKind.SystemEvent, 5) with
            {
                CollectionEvent = new CollectionEvent(CollectionEventKind.CollectionBegin, 3, 8, 9, "c", 60),
            }));
        Assert.Contains("\"event\":\"0x63\"", Line(_lines, Of(DcpEventKind.SystemEvent, 5) with
        {
            CollectionEvent = new CollectionEvent((CollectionEventKind)0x63, 3, 8, null, null, null),
        }), StringComparison.Ordinal);
    }

    [Fact]
    public void Markers_ends_and_rollbacks_are_lines_too()
    {
        _lines.Write(VBucket, new SnapshotMarker(new StreamSnapshot(new Seqno(1), new Seqno(5)), SnapshotFlags.Memory));
        _lines.Write(VBucket, new SnapshotMarker(
            new StreamSnapshot(new Seqno(1), new Seqno(5)), SnapshotFlags.Disk, SnapshotMarkerVersion.V22, new Seqno(4), new Seqno(3),
            new Seqno(2), new Seqno(1)));
        _lines.Write(VBucket, StreamEndReason.StateChanged);
        _lines.Write(new RolledBack(
            VBucket, new OwnershipEpoch(1), new Seqno(9), new Seqno(4), RollbackReason.SeqnoFromFuture, new VBucketUuid(0xab)));

        Assert.Equal(
            """
            {"vb":12,"type":"snapshot","start":1,"end":5,"flags":1,"version":1}
            {"vb":12,"type":"snapshot","start":1,"end":5,"flags":2,"version":2.2,"max_visible_seqno":4,"high_completed_seqno":3,"purge_seqno":2,"high_prepared_seqno":1}
            {"vb":12,"type":"stream_end","reason":"state_changed","code":2}
            {"vb":12,"type":"rolled_back","from":9,"to":4,"why":"seqno_from_future","vbuuid":"00000000000000ab"}

            """,
            Encoding.UTF8.GetString(_lines.Written.Span));
    }

    [Fact]
    public void Ten_thousand_lines_allocate_next_to_nothing()
    {
        var batch = TestBatches.Of(VBucket, OwnershipEpoch.None, FakeBatchSource.Uuid, null, [.. Enumerable.Range(1, 10_000).Select(n => (ulong)n)]);
        WriteAll(batch);
        var before = GC.GetAllocatedBytesForCurrentThread();

        WriteAll(batch);

        // a few bytes a line at most
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.Equal(10_000, Count());

        int Count()
        {
            foreach (var change in batch)
                _lines.Write(batch, change);
            return _lines.Written.Span.Count((byte)'\n');
        }
    }

    private void WriteAll(DcpBatch batch)
    {
        foreach (var change in batch)
        {
            _lines.Write(batch, change);
            if (_lines.Written.Length > 100_000)
                _lines.Clear();
        }
        _lines.Clear();
    }

    private static DcpEvent Of(DcpEventKind kind, ulong seqno) => new() { Kind = kind, Seqno = new Seqno(seqno) };

    private static string Line(DcpJsonLines lines, DcpEvent change, JsonLineStamp? stamp = null)
    {
        var run = new SnapshotRun(0, StreamSnapshot.At(change.Seqno));
        var batch = TestBatches.Of(VBucket, OwnershipEpoch.None, FakeBatchSource.Uuid, null, [run], [], change);
        lines.Clear();
        lines.Write(batch, batch[0], stamp);
        var text = Encoding.UTF8.GetString(lines.Written.Span);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text[..^1];
    }
}
