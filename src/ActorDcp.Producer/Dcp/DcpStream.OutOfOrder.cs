using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// The out-of-order backfill (dcp-reference.md 3.14): the first snapshot of one collection, its events and then its documents in
/// key order between a begin and an end, without a marker.
/// </summary>
internal sealed partial class DcpStream
{
    // a collection's share of a vbucket's documents below which Couchbase reads it by key
    private const double LargestShare = 0.04;
    private const double LargestShareOfSmallItems = 0.005;
    private const int SmallItem = 256;

    private Queue<StoredItem>? _byKey;
    private bool _begunByKey;
    private ulong _highestByKey;

    private bool TryBeginByKey(in LogSlice slice)
    {
        if (_position != 0 || _sentMarker || _session.OutOfOrder == OutOfOrderSnapshots.No || _view.Single is null)
            return false;
        var shown = new List<StoredItem>();
        int others = 0, documents = 0;
        long bytes = 0;
        for (var index = slice.From; slice.TryFindFrom(ref index); index++)
        {
            var item = slice.Items[index];
            if (!_view.Shows(item))
            {
                others += item.Kind == ItemKind.Mutation ? 1 : 0;
                continue;
            }
            shown.Add(item);
            documents += item.Kind == ItemKind.Mutation ? 1 : 0;
            bytes += item.Kind == ItemKind.Mutation ? item.KeyLength + item.ValueLength : 0;
        }
        if (!IsWorthIt(documents, documents + others, bytes))
            return false;
        _byKey = new Queue<StoredItem>(shown
            .OrderByDescending(item => item.Kind == ItemKind.SystemEvent)
            .ThenBy(item => item.Key.ToArray(), Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right))));
        _begunByKey = false;
        _highestByKey = 0;
        _slice = slice;
        _afterBackfill = true;
        _diskDone = _request.DiskOnly;
        return true;
    }

    private bool IsWorthIt(int documents, int all, long bytes) => _session.OutOfOrderBackfills switch
    {
        OutOfOrderBackfills.Always => true,
        OutOfOrderBackfills.Never => false,
        _ => all > 0 && (double)documents / all < (documents > 0 && bytes / documents < SmallItem ? LargestShareOfSmallItems : LargestShare),
    };

    private void WriteNextByKey(OutputBuffer output)
    {
        if (!_begunByKey)
        {
            _begunByKey = true;
            DcpMessages.WriteOutOfOrder(output, Address, begins: true);
        }
        else if (_byKey!.TryDequeue(out var item))
        {
            WriteChange(output, item, fromDisk: true);
            _highestByKey = Math.Max(_highestByKey, item.Seqno);
        }
        else if (_session.OutOfOrder == OutOfOrderSnapshots.WithSeqnoAdvanced && _highestByKey < _slice.SnapshotEnd)
        {
            _highestByKey = _slice.SnapshotEnd;
            DcpMessages.WriteSeqnoAdvanced(output, Address, _slice.SnapshotEnd);
        }
        else
        {
            DcpMessages.WriteOutOfOrder(output, Address, begins: false);
            _byKey = null;
            _sentMarker = true;
            _lastMarkerEnd = _slice.SnapshotEnd;
            FinishSlice();
        }
    }
}
