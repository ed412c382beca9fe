using System.Text;

namespace ActorDcp.Client.Tests.Stress;

/// <summary>
/// What a consumer of one vbucket that follows dcp-reference.md 4.4 holds: the newest change of each key, its position, and a copy of
/// itself at whole snapshots, to go back to. It refuses what breaks 4.5.
/// </summary>
internal sealed class ConsumerModel(VBucketId vbucket)
{
    private const int MostBoundaries = 64;
    private Dictionary<string, HeldChange> _held = [];
    private SnapshotMarker? _marker;
    private Seqno _last;

    internal VBucketId VBucket { get; } = vbucket;

    internal StreamOffset Offset { get; private set; }

    /// <summary>State at the end of each whole snapshot, ascending.</summary>
    internal List<(StreamOffset At, Dictionary<string, HeldChange> Held)> Boundaries { get; } = [];

    internal int Rollbacks { get; private set; }

    internal Dictionary<string, HeldChange> Live => LiveOf(_held);

    internal static Dictionary<string, HeldChange> LiveOf(Dictionary<string, HeldChange> held) =>
        held.Where(pair => !pair.Value.IsDeleted).ToDictionary();

    /// <summary>A stream was opened from <see cref="Offset"/>.</summary>
    internal void Opened()
    {
        _marker = null;
        _last = Offset.Seqno;
    }

    /// <summary>Takes some events of a batch, all of them if <paramref name="count"/> says so.</summary>
    internal void Take(DcpBatch batch, int count)
    {
        var placed = batch.Markers;
        var next = 0;
        for (var i = 0; i < count; i++)
        {
            while (next < placed.Length && placed[next].Index <= i)
                Announce(placed[next++].Marker);
            var change = batch[i];
            Assert.NotNull(_marker);
            Assert.True(_marker.Snapshot.Contains(change.Seqno), $"{change.Seqno} is outside {_marker.Snapshot}");
            if (change.Kind == DcpEventKind.SeqnoAdvanced)
                Assert.True(change.Seqno >= _last, $"vbucket {VBucket} advanced to {change.Seqno} after {_last}");
            else
                Assert.True(change.Seqno > _last, $"vbucket {VBucket} brought {change.Seqno} after {_last}");
            _last = change.Seqno;
            if (change.IsMutation || change.IsRemoval)
                _held[Encoding.UTF8.GetString(change.Key.Span)] = new HeldChange(change.Seqno, change.Cas, change.IsRemoval);
            Offset = batch.OffsetAfter(change);
            if (Offset.IsBoundary)
                Remember();
        }
    }

    internal void GoBack(Seqno to)
    {
        Rollbacks++;
        Boundaries.RemoveAll(boundary => boundary.At.Seqno > to);
        Offset = Boundaries.Count == 0 ? StreamOffset.Beginning : Boundaries[^1].At;
        _held = Boundaries.Count == 0 ? [] : new(Boundaries[^1].Held);
    }

    private void Announce(SnapshotMarker marker)
    {
        if (_marker is { } before)
            Assert.True(marker.Snapshot.Start > before.Snapshot.End, $"marker {marker.Snapshot} overlaps {before.Snapshot}");
        _marker = marker;
    }

    private void Remember()
    {
        if (Boundaries.Count > 0 && Boundaries[^1].At.Seqno >= Offset.Seqno)
            return;
        if (Boundaries.Count == MostBoundaries)
            Boundaries.RemoveAt(MostBoundaries / 4);
        Boundaries.Add((Offset, new(_held)));
    }
}
