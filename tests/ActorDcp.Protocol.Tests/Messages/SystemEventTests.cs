using System.Globalization;
using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Messages;

public sealed class SystemEventTests
{
    private static List<DcpEvent> EventsOf(string capture, int? connection = null)
    {
        var events = new List<DcpEvent>();
        foreach (var captured in Capture.Load(capture).Frames)
            if (!captured.FromClient && (connection is null || captured.Connection == connection)
                && DcpMessageReader.TryReadEvent(captured.Bytes, collections: false, out var change)
                && change.Kind == DcpEventKind.SystemEvent)
                events.Add(change);
        return events;
    }

    [Fact]
    public void Flatbuffers_tell_the_same_of_a_backfill_as_the_classic_form()
    {
        var flat = EventsOf("collections-backfill-cached-flatbuffers");
        var classic = EventsOf("collections-backfill-disk-classic");
        Assert.Equal(18, flat.Count);
        Assert.Equal(
            classic.OrderBy(change => change.VBucket).Select(change => (change.VBucket, change.Seqno, change.CollectionEvent)),
            flat.OrderBy(change => change.VBucket).Select(change => (change.VBucket, change.Seqno, change.CollectionEvent)));
        Assert.Equal(
            [
                CollectionEventKind.CollectionBegin, CollectionEventKind.CollectionEnd, CollectionEventKind.ScopeCreate,
                CollectionEventKind.ScopeDrop,
            ],
            flat.Select(change => change.CollectionEvent!.Kind).Distinct().Order());
    }

    [Fact]
    public void Flatbuffers_tell_the_same_of_live_changes_as_the_classic_form()
    {
        // the first connection asked for nothing, the second for FlatBuffers
        var classic = EventsOf("collections-live-events", 1);
        var flat = EventsOf("collections-live-events", 2);
        Assert.NotEmpty(flat);
        Assert.Equal(
            classic.OrderBy(change => change.VBucket).Select(change => (change.VBucket, change.Seqno, change.CollectionEvent)),
            flat.OrderBy(change => change.VBucket).Select(change => (change.VBucket, change.Seqno, change.CollectionEvent)));
        Assert.Contains(flat, change => change.CollectionEvent!.MaxTtl is not null);
    }

    [Fact]
    public void A_modified_collection_tells_its_time_to_live()
    {
        // the manifests of the recording in order: created, history off, maxTTL 5, maxTTL 0
        var modified = EventsOf("collections-modify-history").Where(change => change.CollectionEvent!.CollectionId == 0x10).ToList();
        var steps = Capture.Load("collections-modify-history").Header.GetProperty("expect").GetProperty("steps");
        Assert.Equal([null, null, 5u, 0u], modified.Select(change => change.CollectionEvent!.MaxTtl));
        Assert.All(modified, change => Assert.Equal("h", change.CollectionEvent!.Name));
        Assert.Equal(
            [CollectionEventKind.CollectionBegin, CollectionEventKind.CollectionModify, CollectionEventKind.CollectionModify, CollectionEventKind.CollectionModify],
            modified.Select(change => change.CollectionEvent!.Kind));
        Assert.Equal(
            steps.EnumerateArray().Take(4).Select(step => ulong.Parse(step.GetProperty("manifest").GetProperty("uid").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).Skip(1),
            modified.Skip(1).Select(change => change.CollectionEvent!.ManifestUid));
    }

    [Theory]
    [InlineData(32 + 3, 2)]
    [InlineData(32 + 3, 77)]
    [InlineData(36, 3)]
    [InlineData(36, 255)]
    public void An_unknown_event_or_version_is_delivered_without_its_meaning(int offset, byte value)
    {
        var bytes = Reference.Bytes("7.23");
        bytes[offset] = value;
        Assert.True(DcpMessageReader.TryReadEvent(bytes, collections: true, out var change));
        Assert.Equal(DcpEventKind.SystemEvent, change.Kind);
        Assert.Equal(new Seqno(1005), change.Seqno);
        Assert.Null(change.CollectionEvent);
    }

    [Theory]
    [InlineData("7.23")]
    [InlineData("7.24")]
    [InlineData("7.25")]
    public void A_value_of_the_wrong_length_is_refused(string section)
    {
        var bytes = Reference.Bytes(section)[..^1];
        bytes[11]--;
        Assert.Throws<ProtocolException>(() => DcpMessageReader.TryReadEvent(bytes, collections: true, out _));
    }

    [Fact]
    public void Every_single_damage_of_a_flatbuffers_value_is_read_or_refused()
    {
        var original = Reference.Bytes("7.26");
        var refused = 0;
        for (var offset = 43; offset < original.Length; offset++)
        {
            for (var value = 0; value <= byte.MaxValue; value++)
            {
                byte[] bytes = [.. original];
                bytes[offset] = (byte)value;
                try
                {
                    DcpMessageReader.TryReadEvent(bytes, collections: true, out _);
                }
                catch (ProtocolException)
                {
                    refused++;
                }
            }
        }
        Assert.True(refused > 1000, $"refused {refused}");
    }
}
