using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>
/// A DCP client of one copy of a vbucket: keeps its state over connections and copies as dcp-reference.md 4.4 says, goes back when
/// it is told to, and compares what it has with the model whenever a snapshot is whole. What it is sent must be of the branch that
/// the copy was on when that came to it.
/// </summary>
/// <param name="history">The model of the vbucket.</param>
/// <param name="number">Its number among the readers of the vbucket.</param>
/// <param name="refresh">Lets the model follow the active copy; false when that is out of reach.</param>
/// <param name="watch">Finds who sees the branches of a copy, from before it is asked for a stream.</param>
internal sealed class ClusterReader(VBucketHistory history, int number, Func<bool> refresh, Func<VBucket, BranchWatch> watch) : IAsyncDisposable
{
    private const int Window = 2_048;
    private const int WholeKept = 64;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);
    private static readonly HelloFeature[] Features = [HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json, HelloFeature.Collections];
    private readonly List<(ulong Seqno, Dictionary<string, string> State)> _whole = [];
    private Dictionary<string, string> _state = [];
    private RawClient? _client;
    private VBucket? _copy;
    private FailoverLog _log = FailoverLog.Empty;
    private Branch? _branch;
    private BranchPath? _path;
    private int _place;
    private (ulong Start, ulong End) _snapshot;
    private (ulong Start, ulong End)? _told;
    private uint _unacknowledged;

    public VBucketHistory History => history;

    public ulong Position { get; private set; }

    public int Compared { get; private set; }

    public int Rollbacks { get; private set; }

    /// <summary>How often the branch of its copy went over into another under an open stream.</summary>
    public int BranchChanges { get; private set; }

    /// <summary>How often it gave a stream up because only a copy out of reach could say whether what it sent was right.</summary>
    public int Undecided { get; private set; }

    /// <summary>Place in the chain of the copy that it reads; 0 the active.</summary>
    public int Place { get; set; }

    /// <summary>The node that it is connected to; null for none.</summary>
    public ProducerNode? Node { get; private set; }

    public async ValueTask DisposeAsync() => await DisconnectAsync();

    public async Task DisconnectAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        (_client, Node, _copy, _told, _unacknowledged) = (null, null, null, null, 0);
    }

    /// <summary>Reads up to a seqno, or until the stream or its connection ends. What the copy has up to there must come.</summary>
    public async Task ReadAsync(ProducerNode node, ulong target)
    {
        try
        {
            if (_client is null && !await TryOpenAsync(node))
                return;
            var since = TimeProvider.System.GetTimestamp();
            while (Position < target && _client is not null)
            {
                // its copy may have gone back meanwhile, and then has no more to send
                if (await TryReadAsync() is { } frame)
                    await HandleAsync(frame);
                else if (_copy!.MaxVisibleSeqno < target)
                    return;
                else if (TimeProvider.System.GetElapsedTime(since) > RawClient.Deadline)
                    throw new HistoryException($"{this} waits in vain for seqno {target}; its copy is {_copy.State} at {_copy.HighSeqno}");
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            await DisconnectAsync();
        }
    }

    private async Task<RawFrame?> TryReadAsync()
    {
        using var patience = new CancellationTokenSource(LookInterval);
        try
        {
            return await _client!.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public override string ToString() =>
        $"reader {number} of vbucket {history.Id} place {Place} at {Position} of [{_snapshot.Start},{_snapshot.End}], told {_told}, log {_log}, copy's path {_path}";

    private bool IsWhole => Position >= _snapshot.End;

    private async Task<bool> TryOpenAsync(ProducerNode node)
    {
        _client = await RawClient.OpenDcpAsync(node, name: $"reader-{number}-{history.Id}", features: Features,
            controls: [("connection_buffer_size", $"{Window}"), ("enable_expiry_opcode", number % 2 == 0 ? "true" : "false")]);
        // each rollback leads further down, so this ends
        while (true)
        {
            if (node.Bucket.TryFind(history.Id) is not { } copy)
                break;
            var position = IsWhole
                ? (Seqno: Position, Start: Position, End: Position, Uuid: _log.UuidAtOrBelow(new Seqno(Position)).Value)
                : (Seqno: Position, _snapshot.Start, _snapshot.End, Uuid: _log.NewestUuid.Value);
            if (position.Seqno == 0)
                position = default;
            var path = watch(copy).Path;
            var before = Decide(copy, position);
            var answer = await _client.StreamAsync(history.Id.Value, position.Seqno, ulong.MaxValue, position.Uuid, position.Start, position.End);
            if (answer.Status is Status.NotMyVBucket or Status.TemporaryFailure)
                break;
            var after = Decide(copy, position);
            var decided = answer.Status switch
            {
                Status.Success => (ulong?)null,
                Status.Rollback => BinaryPrimitives.ReadUInt64BigEndian(answer.Value),
                _ => throw new HistoryException($"{this} is answered {answer.Status}"),
            };
            var isSteady = watch(copy).Path == path;
            if (isSteady && decided != before && decided != after)
                throw new HistoryException($"{this} asks with {position} and is told {decided?.ToString() ?? "to go on"} instead of {after?.ToString() ?? "to go on"}: {copy.FailoverLog}, high {copy.HighSeqno}, purge {copy.PurgeSeqno}");
            if (decided is { } seqno)
            {
                RollBack(seqno);
                continue;
            }
            // else it cannot be told whether the stream began before or after
            if (!isSteady)
                break;
            _log = ReadLog(answer.Value);
            (_copy, Node, _path, _place) = (copy, node, path, path.IndexOf(_log.NewestUuid.Value));
            if (_place < 0)
                throw new HistoryException($"{this} is answered a branch that the copy never had: {path}");
            _branch = history.TryFind(_log.NewestUuid.Value);
            if (_branch is not null)
                return true;
            break;
        }
        await DisconnectAsync();
        return false;
    }

    private static ulong? Decide(VBucket copy, (ulong Seqno, ulong Start, ulong End, ulong Uuid) position) => RollbackRule.Decide(
        position, [.. copy.FailoverLog.Entries.Select(entry => (entry.Uuid.Value, entry.Seqno.Value))], copy.HighSeqno, copy.PurgeSeqno);

    /// <summary>Back to the newest whole snapshot at or below a seqno, never to the seqno itself (dcp-reference.md 4.4).</summary>
    private void RollBack(ulong seqno)
    {
        Rollbacks++;
        if (seqno > Position)
            throw new HistoryException($"{this} is told to go back to {seqno}");
        _whole.RemoveAll(whole => whole.Seqno > seqno);
        Position = _whole.Count == 0 ? 0 : _whole[^1].Seqno;
        _state = _whole.Count == 0 ? [] : new(_whole[^1].State);
        _snapshot = (Position, Position);
        _log = _log.TruncatedTo(new Seqno(Position));
    }

    private async Task HandleAsync(RawFrame frame)
    {
        if (frame.Opcode == Opcode.DcpNoop)
        {
            await _client!.ReplyAsync(frame);
            return;
        }
        _unacknowledged += (uint)frame.Length;
        if (_unacknowledged > Window / 2)
        {
            await _client!.AckAsync(_unacknowledged);
            _unacknowledged = 0;
        }
        switch (frame.Opcode)
        {
            case Opcode.DcpSnapshotMarker:
                Begin(frame);
                break;
            case Opcode.DcpSeqnoAdvanced:
                if (!TryFollowBranches(frame.Seqno))
                {
                    await GiveUpAsync();
                    return;
                }
                MoveTo(frame.Seqno);
                break;
            case Opcode.DcpStreamEnd:
                await DisconnectAsync();
                return;
            case Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration or Opcode.DcpSystemEvent:
                if (!TryTake(frame))
                {
                    await GiveUpAsync();
                    return;
                }
                break;
            default:
                throw new HistoryException($"{this} is sent {frame}");
        }
        if (_told is null && IsWhole)
            Compare();
    }

    private async Task GiveUpAsync()
    {
        Undecided++;
        await DisconnectAsync();
    }

    private void Begin(RawFrame marker)
    {
        var (start, end) = marker.Extras.Length == 20
            ? (marker.Seqno, BinaryPrimitives.ReadUInt64BigEndian(marker.Extras.AsSpan(8)))
            : (BinaryPrimitives.ReadUInt64BigEndian(marker.Value), BinaryPrimitives.ReadUInt64BigEndian(marker.Value.AsSpan(8)));
        if (end < start || end <= Position || (_told is null && !IsWhole && _snapshot.Start != start))
            throw new HistoryException($"{this} is sent {marker}");
        _told = (start, end);
    }

    /// <summary>False when only a copy that is out of reach could say what it is: that is asked for again later.</summary>
    private bool TryTake(RawFrame frame)
    {
        var seqno = frame.Seqno;
        if (_told is null && seqno > _snapshot.End)
            throw new HistoryException($"{this} is sent {frame} beyond its snapshot");
        var key = frame.Opcode == Opcode.DcpSystemEvent ? "" : KeyOf(frame);
        if (!TryFollowBranches(seqno))
            return false;
        var expected = Find(seqno);
        if (expected is null && (_branch != history.Current || !refresh()))
            return false;
        expected ??= Learn(frame, key) ?? throw new HistoryException($"{this} is sent {frame}, of which nobody knows");
        if (!Fits(frame, key, expected))
            throw new HistoryException($"{this} is sent {frame} '{frame.ValueText}' instead of {expected}");
        MoveTo(seqno);
        if (frame.Opcode == Opcode.DcpMutation)
            _state[key] = frame.ValueText;
        else if (expected.Kind == ChangeKind.Dropped)
            foreach (var gone in _state.Keys.Where(other => other.StartsWith($"{expected.Key}:", StringComparison.Ordinal)).ToList())
                _state.Remove(gone);
        else if (expected.Kind == ChangeKind.Removed)
            _state.Remove(key);
        return true;
    }

    private static bool Fits(RawFrame frame, string key, Change expected) => (key.Length == 0 || key == expected.Key) && frame.Opcode switch
    {
        Opcode.DcpMutation => expected.Kind == ChangeKind.Stored && expected.Value == frame.ValueText,
        Opcode.DcpSystemEvent => expected.Kind is ChangeKind.Told or ChangeKind.Dropped,
        _ => expected.Kind == ChangeKind.Removed,
    };

    private Change? Find(ulong seqno)
    {
        if (_branch!.Find(seqno) is { } known)
            return known;
        refresh();
        return _branch.Find(seqno);
    }

    private Change? Learn(RawFrame frame, string key)
    {
        var change = frame.Opcode == Opcode.DcpMutation
            ? new Change(frame.Seqno, ChangeKind.Stored, key, frame.ValueText)
            : new Change(frame.Seqno, ChangeKind.Removed, key);
        return history.TryLearn(_branch!, change) ? change : null;
    }

    /// <summary>
    /// A replica's branch may be replaced under a stream, where all that it has is the same on both. What it had by then is of the
    /// branches before, whatever it is on now. False when the model does not know the branch yet.
    /// </summary>
    private bool TryFollowBranches(ulong seqno)
    {
        while (_path!.Next(_place, seqno) is var (uuid, from))
        {
            if (history.TryFind(uuid) is not { } next)
                return false;
            if (from > 0 && !(next.SharedWith(_branch!) >= from))
                throw new HistoryException($"{this}: its copy went from branch {_branch!.Uuid:x} over to {uuid:x} at seqno {from}, but they share only {next.SharedWith(_branch!) ?? 0}");
            (_branch, _place) = (next, _place + 1);
            BranchChanges++;
        }
        return true;
    }

    private void MoveTo(ulong seqno)
    {
        if (seqno <= Position)
            throw new HistoryException($"{this} is sent seqno {seqno}");
        Position = seqno;
        _snapshot = _told ?? _snapshot;
        _told = null;
        if (seqno > _snapshot.End)
            throw new HistoryException($"{this} is beyond its snapshot");
    }

    private void Compare()
    {
        if (Position > _branch!.HighSeqno)
            refresh();
        var expected = _branch.StateAt(Position);
        foreach (var (key, change) in expected)
            if (_state.GetValueOrDefault(key) != change.Value)
                throw new HistoryException($"{this} has {key}={_state.GetValueOrDefault(key)} instead of {change} on branch {_branch.Uuid:x} from {_branch.From}");
        foreach (var key in _state.Keys)
            if (!expected.ContainsKey(key))
                throw new HistoryException($"{this} has {key}={_state[key]}, which was no more at {Position}");
        if (_whole.Count > 0 && _whole[^1].Seqno == Position)
            return;
        Compared++;
        _whole.Add((Position, new(_state)));
        if (_whole.Count > WholeKept)
            _whole.RemoveAt(0);
    }

    private static string KeyOf(RawFrame frame)
    {
        var key = frame.Key;
        Leb128.TryRead(key, out var collection, out var prefix);
        return $"{collection}:{Encoding.UTF8.GetString(key.AsSpan(prefix))}";
    }

    private static FailoverLog ReadLog(byte[] value) => new(value.Chunk(16).Select(entry => new FailoverLogEntry(
        new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(entry)), new Seqno(BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(8))))));
}
