using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Dcp;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>
/// When the streams of a recording read what was written: a snapshot from memory ends where its stream found the vbucket. Where two
/// streams of one vbucket have snapshots that end elsewhere, each is kept back until it is its turn.
/// </summary>
internal sealed class ReadersTurns
{
    private readonly string _capture;
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<(int Connection, uint Opaque), List<(ulong Start, ulong End)>> _snapshots = [];
    private readonly ILookup<int, (int Connection, uint Opaque)> _concerned;
    private readonly List<(ClientConnection Connection, VBucket VBucket, ulong Until)> _held = [];

    public ReadersTurns(Capture capture, RecordedHistory history)
    {
        _capture = capture.Name;
        var vbuckets = new Dictionary<(int, uint), int>();
        var asked = new Dictionary<(int, uint), int>();
        foreach (var captured in capture.Events)
        {
            if (captured.IsClose)
                continue;
            if (captured is { FromClient: true, Opcode: Opcode.DcpOpen })
                _names[captured.Connection] = System.Text.Encoding.UTF8.GetString(captured.Frame.Key);
            if (captured is { FromClient: true, Opcode: Opcode.DcpStreamReq })
                asked[(captured.Connection, captured.Opaque)] = captured.Index;
            if (captured is not { IsStreamMessage: true, Opcode: Opcode.DcpSnapshotMarker })
                continue;
            var stream = (captured.Connection, captured.Opaque);
            var frame = captured.Frame;
            var body = frame.Extras.Length == 20 ? frame.Extras : frame.Value;
            vbuckets[stream] = frame.Header.VBucketOrStatus;
            if (!_snapshots.TryGetValue(stream, out var snapshots))
                _snapshots[stream] = snapshots = [];
            snapshots.Add((BinaryPrimitives.ReadUInt64BigEndian(body), BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(8))));
        }
        var live = history.Batches.ToLookup(batch => batch.VBucket);
        var uneven = vbuckets.Where(stream => live[stream.Value].Any(batch => batch.Before > asked.GetValueOrDefault(stream.Key)
                && _snapshots[stream.Key].Exists(snapshot => IsWithin(snapshot, batch.HighSeqno))))
            .Select(stream => stream.Value).ToHashSet();
        _concerned = vbuckets.Where(stream => uneven.Contains(stream.Value)).ToLookup(stream => stream.Value, stream => stream.Key);
    }

    /// <summary>Before a vbucket comes to a seqno: whoever read what is there has done so, and whoever read it only with what comes later is held.</summary>
    public async Task BeforeAsync(EmbeddedProducer producer, VBucket vbucket, ulong high)
    {
        foreach (var stream in _concerned[vbucket.Id.Value])
        {
            if (Find(producer, stream.Connection) is not { } connection || connection.Dcp!.Find(new StreamKey(vbucket.Id, 0)) is not { } reader)
                continue;
            var read = _snapshots[stream].Where(snapshot => snapshot.End <= vbucket.HighSeqno).Select(snapshot => snapshot.End).LastOrDefault();
            // one that is held for another vbucket sends nothing, so there is nothing to wait for
            await Wait.UntilAsync(() => connection.Dcp!.IsHeld || reader.LastSentSeqno >= read);
            foreach (var snapshot in _snapshots[stream].Where(snapshot => IsWithin(snapshot, high)))
                Hold(connection, vbucket, snapshot.End);
        }
    }

    /// <summary>Lets those go on whose snapshot is there now.</summary>
    public void After(VBucket vbucket)
    {
        foreach (var (connection, _, _) in _held.Where(IsThere))
        {
            lock (connection.Gate)
                connection.Dcp!.IsHeld = false;
            connection.Wake();
        }
        _held.RemoveAll(IsThere);

        bool IsThere((ClientConnection Connection, VBucket VBucket, ulong Until) held) => held.VBucket == vbucket && held.Until <= vbucket.HighSeqno;
    }

    private static bool IsWithin((ulong Start, ulong End) snapshot, ulong high) => snapshot.Start <= high && high < snapshot.End;

    private void Hold(ClientConnection connection, VBucket vbucket, ulong until)
    {
        if (_held.Exists(held => held.Connection == connection))
            return;
        lock (connection.Gate)
            connection.Dcp!.IsHeld = true;
        _held.Add((connection, vbucket, until));
    }

    private ClientConnection? Find(EmbeddedProducer producer, int connection) =>
        producer.Nodes[OutsideActions.NodeOf(_capture, connection)].Services!.Connections.All.FirstOrDefault(open => open.DcpName == _names.GetValueOrDefault(connection));
}
