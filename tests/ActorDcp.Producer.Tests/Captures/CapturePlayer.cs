using System.Buffers.Binary;
using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Plays the client side of a capture against a producer that holds what the capture presumes, and compares what comes back.</summary>
internal sealed class CapturePlayer : IAsyncDisposable
{
    private const int MaxDifferences = 60;
    private const int ShownLength = 120;
    private const double Silence = 300;
    private const double LatestTimer = 1_500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LittlePatience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PatienceOnceDifferent = TimeSpan.FromMilliseconds(200);

    private readonly Capture _capture;
    private readonly RecordedHistory _history;
    private readonly PlaybackClock _clock;
    private readonly EmbeddedProducer _producer;
    private readonly Dictionary<int, PlayedConnection> _connections = [];
    private readonly Dictionary<int, ScramPlayback> _scram = [];
    private readonly RecordedNames _names = new();
    private readonly Dictionary<(int Connection, uint Opaque), int> _asked = [];
    private readonly Dictionary<(int, uint), uint> _noops = [];
    private readonly Dictionary<int, ulong> _prepared = [];
    private readonly HashSet<int> _sentEarly = [];
    private readonly List<string> _differences = [];
    private readonly HashSet<AllowedDifference> _needed = [];
    private readonly RenamedFields _renamed = new();
    private readonly IReadOnlyList<OutsideAction> _actions;
    private readonly ReadersTurns _turns;
    private int _nextBatch;
    private int _nextAction;
    private int _turnsChecked;
    private long _recordedRevision;
    private long _playedRevision;

    private CapturePlayer(Capture capture, RecordedHistory history, PlaybackClock clock, EmbeddedProducer producer)
    {
        _capture = capture;
        _history = history;
        _actions = OutsideActions.Of(capture.Name);
        _turns = new ReadersTurns(capture, history);
        _clock = clock;
        _producer = producer;
    }

    /// <summary>How long to wait for what is due: not long any more once it is certain that the producer differs.</summary>
    private TimeSpan Impatience => _differences.Count > 0 ? PatienceOnceDifferent : Patience;

    /// <summary>Plays a capture. Returns what is different.</summary>
    public static async Task<Played> PlayAsync(string name)
    {
        var capture = Capture.Load(name);
        var history = RecordedHistory.Of(capture);
        var clock = new PlaybackClock(history.Start);
        await using var producer = await EmbeddedProducer.StartAsync(CapturePreparation.OptionsFor(capture, history, clock));
        await using var player = new CapturePlayer(capture, history, clock, producer);
        CapturePreparation.Prepare(capture, history, producer);
        await player.PlayEventsAsync();
        return new Played(player._differences, player._needed, player._turnsChecked);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    private async Task PlayEventsAsync()
    {
        var before = 0.0;
        foreach (var captured in _capture.Events)
        {
            if (_differences.Count >= MaxDifferences)
                return;
            for (; _nextAction < _actions.Count && _actions[_nextAction].Before <= captured.Index; _nextAction++)
                await _actions[_nextAction].PlayAsync(_producer);
            await WriteBatchesAsync(captured.Index);
            MoveClock(captured.Milliseconds);
            if (captured.FromClient)
            {
                if (captured.Milliseconds - before > Silence)
                    await ExpectSilenceAsync(captured);
                await SendAsync(captured);
            }
            else
                await ReceiveAsync(captured);
            before = captured.Milliseconds;
        }
        await ExpectNothingMoreAsync();
    }

    private async Task WriteBatchesAsync(int index)
    {
        for (; _nextBatch < _history.Batches.Count && _history.Batches[_nextBatch].Before <= index; _nextBatch++)
        {
            var batch = _history.Batches[_nextBatch];
            var vbucket = _producer.Bucket.Find(VBucketId.From(batch.VBucket));
            if (IsCausedByClient(batch))
                await Wait.UntilAsync(() => vbucket.HighSeqno >= batch.HighSeqno);
            if (vbucket.HighSeqno >= batch.HighSeqno)
            {
                // the producer made the change itself
                _turns.After(vbucket);
                continue;
            }
            FollowManifest(batch);
            await _turns.BeforeAsync(_producer, vbucket, batch.HighSeqno);
            vbucket.Record([.. batch.Items.Where(item => item.Seqno > vbucket.HighSeqno)], batch.HighSeqno, batch.OpensCheckpoint);
            _turns.After(vbucket);
            if (batch.OnDisk)
                vbucket.ExpelBehindCursors();
        }
    }

    /// <summary>Whether a client's acknowledgement commits what was prepared: that is the producer's to do.</summary>
    private bool IsCausedByClient(RecordedBatch batch) => batch.Items.OfType<SyncWriteItem>().Any(item =>
        !item.IsBesideDocuments && item.PreparedSeqno <= _prepared.GetValueOrDefault(batch.VBucket));

    private void FollowManifest(RecordedBatch batch)
    {
        var events = batch.Items.Where(item => item.Kind == ItemKind.SystemEvent).Select(SystemEventRecord.Read).ToList();
        var collections = _producer.Cluster.Settings.Collections;
        if (batch.Before > 0 && events.Count > 0)
            collections.Adopt(RecordedManifest.After(collections.Current, events));
    }

    private void MoveClock(double milliseconds)
    {
        _clock.MoveTo(milliseconds);
        Tick();
    }

    private void Tick()
    {
        foreach (var member in _producer.Cluster.Topology.Members)
            foreach (var connection in member.Services?.Connections.All ?? [])
                connection.Tick();
    }

    private async Task SendAsync(CapturedEvent captured)
    {
        if (captured.IsClose)
        {
            // what was under way when the client closed is recorded after that
            if (!_capture.Events.Skip(captured.Index).Any(later => later.Connection == captured.Connection && later is { FromClient: false, IsClose: false })
                && _connections.Remove(captured.Connection, out var closing))
            {
                NoteOvershoots(captured.Connection, closing);
                NoteTurns(captured.Connection, closing);
                await closing.DisposeAsync();
            }
            return;
        }
        if (!_sentEarly.Remove(captured.Index))
            await SendFrameAsync(captured, await ConnectionOfAsync(captured));
    }

    private Task SendFrameAsync(CapturedEvent captured, PlayedConnection connection)
    {
        if (captured is { IsAnswer: false, Opcode: Opcode.DcpBufferAck } && captured.Frame.Extras is { Length: sizeof(uint) } bytes)
            connection.Acknowledge(BinaryPrimitives.ReadUInt32BigEndian(bytes));
        else if (captured is { IsAnswer: false, Opcode: Opcode.DcpControl } && captured.Frame is var control && control.Key.AsSpan().SequenceEqual("connection_buffer_size"u8))
            connection.Window = uint.TryParse(control.Value, CultureInfo.InvariantCulture, out var window) ? window : 0;
        else if (captured is { IsAnswer: false, Opcode: Opcode.DcpSeqnoAcknowledged } && captured.Frame.Extras is { Length: sizeof(ulong) } seqno)
            _prepared[captured.VBucketOrStatus] = BinaryPrimitives.ReadUInt64BigEndian(seqno);
        return connection.SendAsync(Rewrite(captured));
    }

    private void NoteOvershoots(int number, PlayedConnection connection)
    {
        foreach (var frame in connection.BeyondWindow)
            _differences.Add($"connection {number}: sent though the window was full: {FrameFields.Describe(frame)} {frame}");
    }

    private void NoteTurns(int number, PlayedConnection connection)
    {
        var (unfair, turns) = connection.CheckTurns();
        _differences.AddRange(unfair.Select(text => $"connection {number}: {text}"));
        _turnsChecked += turns;
    }

    private async Task<PlayedConnection> ConnectionOfAsync(CapturedEvent captured)
    {
        if (!_connections.TryGetValue(captured.Connection, out var connection))
            _connections[captured.Connection] = connection = await PlayedConnection.OpenAsync(_producer.Nodes[OutsideActions.NodeOf(_capture.Name, captured.Connection)].Endpoint);
        return connection;
    }

    /// <summary>What depends on earlier answers is taken from this run's answers.</summary>
    private byte[] Rewrite(CapturedEvent captured)
    {
        var bytes = captured.Bytes!.ToArray();
        if (bytes[0] is 0x81 or 0x18)
        {
            if (_noops.TryGetValue((captured.Connection, captured.Opaque), out var opaque) && captured.Opcode == Opcode.DcpNoop)
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), opaque);
            return bytes;
        }
        _asked[(captured.Connection, captured.Opaque)] = captured.VBucketOrStatus;
        Rename(bytes, 16, captured.VBucketOrStatus);
        if (captured.Opcode == Opcode.DcpStreamReq && bytes.Length >= 72 && bytes[4] == 48)
            Rename(bytes, 24 + bytes[2] * (bytes[0] == 0x08 ? 1 : 0) + 24);
        else if (captured.Opcode == Opcode.GetClusterConfig && bytes.Length == 40 && bytes[4] == 16)
            MoveRevision(bytes.AsSpan(32));
        else if (captured.Opcode == Opcode.ObserveSeqno && bytes.Length == 32)
            Rename(bytes, 24);
        else if (captured.Opcode is Opcode.SaslAuth or Opcode.SaslStep)
            return RewriteSasl(captured, bytes);
        return bytes;
    }

    /// <summary>A known revision of the map stays as much older or newer than the map.</summary>
    private void MoveRevision(Span<byte> revision)
    {
        var known = BinaryPrimitives.ReadInt64BigEndian(revision);
        if (known > 1 && _recordedRevision != 0)
            BinaryPrimitives.WriteInt64BigEndian(revision, known - _recordedRevision + _playedRevision);
    }

    private byte[] RewriteSasl(CapturedEvent captured, byte[] bytes)
    {
        if (!_scram.TryGetValue(captured.Connection, out var scram))
            _scram[captured.Connection] = scram = new ScramPlayback();
        var frame = captured.Frame;
        if (captured.Opcode == Opcode.SaslAuth)
        {
            scram.Begin(frame.Key, frame.Value);
            return bytes;
        }
        var final = scram.Finish(frame.Value);
        byte[] rewritten = [.. bytes.AsSpan(0, bytes.Length - frame.Value.Length), .. final];
        BinaryPrimitives.WriteUInt32BigEndian(rewritten.AsSpan(8), (uint)(rewritten.Length - FrameHeader.Size));
        return rewritten;
    }

    private void Rename(byte[] bytes, int at, int scope = RecordedNames.Everywhere) =>
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), _names.Now(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at)), scope));

    private async Task ReceiveAsync(CapturedEvent captured)
    {
        var isNew = !_connections.ContainsKey(captured.Connection);
        var connection = await ConnectionOfAsync(captured);
        if (captured.IsClose)
        {
            // what was no frame is not recorded, only that the node closed on it
            if (isNew)
                await connection.SendAsync(new byte[FrameHeader.Size]);
            for (var waited = 0.0; !await connection.WaitForCloseAsync(waited == 0 ? LittlePatience : TimeSpan.FromMilliseconds(2)) && waited < LatestTimer; waited += 50)
                Later();
            if (!await connection.WaitForCloseAsync(Impatience))
                Differs(captured, "the producer did not close the connection");
            return;
        }
        var frame = captured.Frame;
        var played = await TakeAsync(captured, connection, frame);
        if (played is null)
        {
            Differs(captured, $"missing: {FrameFields.Describe(frame)} {frame}{(connection.IsClosed ? " (closed by the producer)" : "")}");
            return;
        }
        if (frame.Opcode == Opcode.DcpNoop && !frame.Header.IsResponse)
            _noops[(captured.Connection, captured.Opaque)] = played.Header.Opaque;
        if (frame is { Opcode: Opcode.SaslAuth, Status: Status.AuthContinue } && played.Status == Status.AuthContinue
            && _scram.TryGetValue(captured.Connection, out var scram))
            scram.Challenge(frame.Value, played.Value);
        Compare(captured, frame, played);
    }

    private async Task<RawFrame?> TakeAsync(CapturedEvent captured, PlayedConnection connection, RawFrame frame)
    {
        var lane = PlayedConnection.LaneOf(frame);
        while (lane != "noop")
        {
            var taken = await connection.TakeAsync(lane, Impatience);
            if (taken is not null || !connection.IsFullOfOthers || NextAck(captured) is not { } ack)
                return taken;
            // other streams took the window, in an order that is theirs: what was acknowledged later is acknowledged now
            _sentEarly.Add(ack.Index);
            await SendFrameAsync(ack, connection);
        }
        for (var waited = 0.0; waited < LatestTimer; waited += 50)
        {
            if (await connection.TakeAsync(lane, LittlePatience) is { } noop)
                return noop;
            Later();
        }
        return null;
    }

    private CapturedEvent? NextAck(CapturedEvent captured) => _capture.Events.Skip(captured.Index).FirstOrDefault(later =>
        later.Connection == captured.Connection && later is { FromClient: true, IsClose: false, IsAnswer: false, Opcode: Opcode.DcpBufferAck } && !_sentEarly.Contains(later.Index));

    private void Later()
    {
        _clock.Advance(50);
        Tick();
    }

    private void Compare(CapturedEvent captured, RawFrame recorded, RawFrame played)
    {
        var asked = _asked.GetValueOrDefault((captured.Connection, captured.Opaque));
        Learn(recorded, played, asked);
        var expected = FrameFields.Of(recorded, _names, asked).All;
        var actual = FrameFields.Of(played, RecordedNames.None, asked).All;
        var described = FrameFields.Describe(recorded);
        if (long.TryParse(Find(expected, "value.rev"), out var recordedRevision) && long.TryParse(Find(actual, "value.rev"), out var playedRevision))
            (_recordedRevision, _playedRevision) = (recordedRevision, playedRevision);
        foreach (var field in expected.Select(pair => pair.Key).Union(actual.Select(pair => pair.Key)))
        {
            var left = Find(expected, field);
            var right = Find(actual, field);
            if (left is not null && right is not null && !_renamed.Fits(described, field, left, right))
                Differs(captured, $"{described}: {field}: recorded {Short(left, right)}, played {Short(right, left)}, which was another before");
            if (left == right)
                continue;
            var allowed = AllowedDifference.Of($"{described}: {field}", left, right);
            if (allowed.Count == 1)
                _needed.Add(allowed[0]);
            else if (allowed.Count == 0)
                Differs(captured, $"{described}: {field}: recorded {Short(left, right)}, played {Short(right, left)}");
        }
    }

    /// <summary>A cas or uuid that is new in both runs: from now on they are the same.</summary>
    private void Learn(RawFrame recorded, RawFrame played, int asked)
    {
        var now = FrameFields.Of(played, RecordedNames.None, asked).Names;
        foreach (var (field, value, scope) in FrameFields.Of(recorded, RecordedNames.None, asked).Names)
        {
            if (_names.Knows(value, scope) || _history.Cas.Contains(value) || _history.Uuids.Contains(value))
                continue;
            var same = now.Find(name => name.Field == field);
            if (same.Value != 0)
                _names.Learn(value, scope, same.Value);
        }
    }

    private static string? Find(IReadOnlyList<KeyValuePair<string, string>> fields, string name)
    {
        foreach (var field in fields)
            if (field.Key == name)
                return field.Value;
        return null;
    }

    /// <summary>Where the recorded node sent nothing for a while, this one must not have sent more.</summary>
    private async Task ExpectSilenceAsync(CapturedEvent captured)
    {
        if (!_connections.TryGetValue(captured.Connection, out var connection))
            return;
        await connection.WaitForCloseAsync(LittlePatience);
        foreach (var early in connection.Left().Where(frame => frame.Opcode != Opcode.DcpNoop))
            Differs(captured, $"too early: {FrameFields.Describe(early)} {early}");
    }

    private async Task ExpectNothingMoreAsync()
    {
        foreach (var (number, connection) in _connections)
        {
            await connection.WaitForCloseAsync(LittlePatience);
            NoteOvershoots(number, connection);
            NoteTurns(number, connection);
            // a no-op may come just before the recording ended here and just after it there
            var mayNoop = true;
            foreach (var frame in connection.Left())
            {
                if (frame.Opcode == Opcode.DcpNoop && mayNoop)
                    mayNoop = false;
                else
                    _differences.Add($"connection {number}: not recorded: {FrameFields.Describe(frame)} {frame}");
            }
        }
    }

    private void Differs(CapturedEvent captured, string text)
    {
        if (_differences.Count < MaxDifferences)
            _differences.Add($"line {captured.Index + 2}, connection {captured.Connection}: {text}");
    }

    /// <summary>A text from a little before the place where it leaves another.</summary>
    private static string Short(string? text, string? other)
    {
        if (text is null)
            return "nothing";
        var same = text.AsSpan().CommonPrefixLength(other);
        var from = text.Length <= ShownLength ? 0 : Math.Clamp(same - ShownLength / 4, 0, text.Length - ShownLength);
        return from + ShownLength >= text.Length ? $"\"{text[from..]}\"" : $"\"{text.AsSpan(from, ShownLength)}...\" ({text.Length})";
    }
}
