using System.Buffers.Binary;
using System.Globalization;
using ActorDcp.Producer.Dcp;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>
/// The order between the streams of a connection, as far as it is determined (dcp-reference.md 5.7): from the marker of a snapshot in
/// memory to its last item a stream is ready, and streams that are ready send one message each in turn. The rest is a race in a
/// node too, so two of its own runs differ in it: which stream is ready first, and when a backfill has read more, is up to its
/// background threads; and whenever the window is full, the stream whose turn it was is put last, once for each time it is looked at.
/// </summary>
internal sealed class StreamTurns
{
    private readonly List<(string Lane, string Shown)> _messages = [];
    private readonly List<Span> _spans = [];
    private readonly Dictionary<string, (int First, ulong End)> _open = [];
    private readonly List<int> _pauses = [];

    /// <summary>How often one stream was between two messages of another.</summary>
    public int Checked { get; private set; }

    /// <summary>The next message; what is no stream's is none.</summary>
    public void Add(RawFrame frame)
    {
        var header = frame.Header;
        if (header.IsResponse || header.IsServerInitiated || header.Opcode == Opcode.DcpNoop)
            return;
        var lane = PlayedConnection.LaneOf(frame);
        var place = _messages.Count;
        _messages.Add((lane, $"{lane} {frame}"));
        if (header.Opcode == Opcode.DcpSnapshotMarker)
        {
            _open.Remove(lane);
            var body = frame.Extras.Length == 20 ? frame.Extras : frame.Value;
            var flags = (MarkerFlags)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(16));
            if ((flags & (MarkerFlags.Memory | MarkerFlags.Disk)) == MarkerFlags.Memory)
                _open[lane] = (place, BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(8)));
        }
        else if (_open.TryGetValue(lane, out var open) && frame.Extras.Length >= sizeof(ulong) && SeqnoOf(frame) == open.End)
        {
            _spans.Add(new Span(lane, open.First, place));
            _open.Remove(lane);
        }
    }

    /// <summary>The window was full, or may have been.</summary>
    public void Pause() => _pauses.Add(_messages.Count);

    /// <summary>Where a stream that was ready throughout did not have exactly one turn between two messages of another.</summary>
    public IEnumerable<string> Unfair()
    {
        Checked = 0;
        foreach (var span in _spans)
        {
            var own = Enumerable.Range(span.First, span.Last - span.First + 1).Where(place => _messages[place].Lane == span.Lane).ToList();
            foreach (var (before, after) in own.Zip(own.Skip(1)))
            {
                if (_pauses.Exists(pause => pause > before && pause <= after))
                    continue;
                foreach (var other in _spans.Where(other => other.Lane != span.Lane && other.First < before && other.Last > after))
                {
                    Checked++;
                    var turns = Enumerable.Range(before, after - before).Count(place => _messages[place].Lane == other.Lane);
                    if (turns != 1)
                        yield return string.Create(CultureInfo.InvariantCulture,
                            $"{other.Lane} has {turns} turns between {_messages[before].Shown} and {_messages[after].Shown}");
                }
            }
        }
    }

    private static ulong SeqnoOf(RawFrame frame) => frame.Opcode is Opcode.DcpCommit or Opcode.DcpAbort
        ? BinaryPrimitives.ReadUInt64BigEndian(frame.Extras.AsSpan(sizeof(ulong)))
        : frame.Seqno;

    /// <summary>From the marker of a snapshot to its last item.</summary>
    private readonly record struct Span(string Lane, int First, int Last);
}
