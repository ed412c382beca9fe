using System.Collections.Concurrent;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Replication;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// The DCP side of a connection: its settings, streams, flow-control window and no-ops. Guarded by the connection's gate,
/// except for <see cref="Notify"/>, which anyone may call.
/// </summary>
internal sealed class DcpSession
{
    private const uint FirstNoop = 10_000_001;
    private const int TurnsAtOnce = 16;
    private readonly ClientConnection _connection;
    private readonly Dictionary<StreamKey, DcpStream> _streams = [];
    private readonly ReadyStreams _ready = new();
    private readonly ConcurrentQueue<DcpStream> _notified = new();
    private uint _noopCounter = FirstNoop;
    private uint? _noopOutstanding;
    private uint? _lastNoopOpaque;
    private long _lastNoop;
    private long _window;
    private long _outstanding;
    private long _acknowledged;
    private long _itemsSent;
    private long _bytesSent;
    private long _inflatedBytesSent;
    private long? _lastSent;

    public DcpSession(ClientConnection connection, string name, OpenFlags flags)
    {
        _connection = connection;
        Name = name;
        Flags = flags;
        Collections = connection.Features.Collections;
        Snappy = connection.Features.Snappy;
        CursorsMayBeDropped = !name.Contains("replication", StringComparison.Ordinal);
        _lastNoop = connection.Services.Time.GetTimestamp();
        Pauses = new SendingPauses(connection.Services.Time);
    }

    public string Name { get; }

    public OpenFlags Flags { get; }

    public bool Collections { get; }

    /// <summary>Whether values may travel compressed.</summary>
    public bool Snappy { get; }

    public bool IsSecure => _connection.IsSecure;

    public ILogger Log => _connection.Services.Log;

    public TimeProvider Time => _connection.Services.Time;

    public bool NoopEnabled { get; set; }

    public TimeSpan NoopInterval { get; set; } = TimeSpan.FromSeconds(20);

    public bool CursorsMayBeDropped { get; set; }

    public bool SendsExpirations { get; set; }

    public bool IncludesDeleteTimes => (Flags & OpenFlags.IncludeDeleteTimes) != 0;

    public bool NoValue => (Flags & (OpenFlags.NoValue | OpenFlags.NoValueWithUnderlyingDatatype)) != 0;

    public bool IncludesXattrs => (Flags & OpenFlags.IncludeXattrs) != 0;

    public bool IncludesDeletedUserXattrs => (Flags & OpenFlags.IncludeDeletedUserXattrs) != 0;

    /// <summary>Whether a backfill reads keys and seqnos only (dcp-reference.md 10.2).</summary>
    public bool ReadsKeysAlone => (Flags & (OpenFlags.NoValue | OpenFlags.IncludeXattrs)) == OpenFlags.NoValue;

    public bool SendsFrequencyCounters { get; set; }

    public OutOfOrderSnapshots OutOfOrder { get; set; }

    /// <summary>Nodes of a cluster understand each other whatever they tell clients: a replica must learn what was purged.</summary>
    public bool UnderstandsMarkersV22 => _connection.Services.Options.UnderstandsMarkersV22 || Name.StartsWith(ReplicationHandshake.NamePrefix, StringComparison.Ordinal);

    public int FilteredItemsPerSeqnoAdvanced => _connection.Services.Options.FilteredItemsPerSeqnoAdvanced;

    public OutOfOrderBackfills OutOfOrderBackfills => _connection.Services.Options.OutOfOrderBackfills;

    public bool KeepsUnderlyingDatatype => (Flags & OpenFlags.NoValueWithUnderlyingDatatype) != 0;

    public bool ForcesCompression { get; set; }

    public bool SendsEndOnClose { get; set; }

    public bool StreamIdsEnabled { get; set; }

    public bool SyncWrites { get; set; }

    public bool FlatSystemEvents { get; set; }

    public bool StrictStatusCodes { get; set; }

    public string? ConsumerName { get; set; }

    public bool MarkersUpToV22 { get; set; }

    public BackfillTurns Backfills { get; } = new();

    public SendingPauses Pauses { get; }

    public string Priority { get; set; } = "medium";

    /// <summary>Whether no stream may read on for now, for tests that repeat when another node's streams did.</summary>
    public bool IsHeld { get; set; }

    public bool IsDiskSlow => _connection.Services.Faults.DiskDelay > TimeSpan.Zero;

    private bool IsFull => _window > 0 && _outstanding >= _window;

    public MarkerVersion MarkerVersionFor(MarkerFlags flags)
    {
        if (MarkersUpToV22 && (flags & MarkerFlags.Disk) != 0)
            return MarkerVersion.V22;
        return SyncWrites && ConsumerName is not null ? MarkerVersion.V20 : MarkerVersion.V1;
    }

    /// <summary>Sets the flow-control window; 0 switches it off and forgets what is outstanding (dcp-reference.md 4.1).</summary>
    public void SetWindow(uint bytes)
    {
        _window = bytes;
        if (bytes == 0)
            _outstanding = 0;
    }

    public void Acknowledge(uint bytes)
    {
        if (_window == 0)
            return;
        _acknowledged += bytes;
        if (bytes > _outstanding)
            _connection.Services.Log.AckedTooMuch(Name, bytes, _outstanding);
        _outstanding = Math.Max(0, _outstanding - bytes);
    }

    public DcpStream? Find(StreamKey key) => _streams.GetValueOrDefault(key);

    public bool HasStreamOf(VBucketId vbucket) => _streams.Keys.Any(key => key.VBucket == vbucket);

    public void Add(DcpStream stream)
    {
        _streams[stream.Address.Key] = stream;
        stream.Open();
        if (stream.TrySchedule())
            _ready.Enqueue(stream);
    }

    /// <summary>Closes a stream for its consumer; its end is sent only if that was asked for.</summary>
    public void CloseStream(DcpStream stream)
    {
        _streams.Remove(stream.Address.Key);
        if (SendsEndOnClose)
            stream.OnEnded(StreamEndReason.Closed);
        else
            stream.Close();
    }

    /// <summary>Tells a stream when what it reads from disk is there.</summary>
    public void AwaitDisk(DcpStream stream) => _ = AwaitDiskAsync(stream);

    private async Task AwaitDiskAsync(DcpStream stream)
    {
        try
        {
            await _connection.Services.Faults.WaitForDiskAsync(Time, _connection.Stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (_connection.Gate)
            stream.OnDiskRead();
    }

    /// <summary>A stream has something to do. From any thread, at most once until it was visited.</summary>
    public void Notify(DcpStream stream)
    {
        if (!stream.TrySchedule())
            return;
        _notified.Enqueue(stream);
        _connection.Wake();
    }

    /// <summary>Fills the buffer by the rules of dcp-reference.md 5.7: no-op, window, then one message of each ready stream in turn.</summary>
    public void Fill(OutputBuffer output, int target)
    {
        while (_notified.TryDequeue(out var stream))
            _ready.Enqueue(stream);
        Pauses.Note(IsFull, _ready.Count == 0);
        var before = output.Length;
        SendNoopIfDue(output);
        if (IsHeld || _connection.Services.Faults.IsStalled)
            return;
        var plain = PlainMutations.Of(this);
        while (output.Length < target && !IsFull && _ready.Count > 0 && TryTakeTurns(output, target, plain))
        {
        }
        if (output.Length > before)
            _lastSent = Time.GetTimestamp();
        Pauses.Note(IsFull, _ready.Count == 0);
    }

    /// <summary>One message of each of the next streams. False when the node dies of it.</summary>
    private bool TryTakeTurns(OutputBuffer output, int target, in PlainMutations plain)
    {
        var turns = Math.Min(_ready.Count, TurnsAtOnce);
        _ready.Fetch(turns);
        for (; turns > 0 && output.Length < target && !IsFull; turns--)
        {
            var stream = _ready.Dequeue();
            if (stream.FindPlain(plain) is { } item)
            {
                var size = stream.WritePlain(output, item, plain);
                Count(size, isItem: true, (item.Datatype & Datatype.Snappy) == 0 ? 0 : ItemMessages.BytesSavedIn(output.Written.Span[^size..]));
                _ready.Enqueue(stream);
            }
            else if (!TryStep(stream, output))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>A visit to a stream. False when the node dies of what it sent.</summary>
    private bool TryStep(DcpStream stream, OutputBuffer output)
    {
        var before = output.Length;
        var step = stream.Step(output);
        var written = output.Length - before;
        if (written > 0)
            Count(output.Written.Span[before..]);
        if (written > 0 && IsMarker(output, before) && _connection.Services.Faults.TakeDeath(stream.Address.VBucket))
        {
            _connection.DieWhenSent();
            return false;
        }
        if (step == StreamStep.Sent)
            _ready.Enqueue(stream);
        else if (step == StreamStep.Ended && ReferenceEquals(Find(stream.Address.Key), stream))
            _streams.Remove(stream.Address.Key);
        return true;
    }

    /// <summary>A reply of the consumer to one of our messages (dcp-reference.md 5.7, 10.22).</summary>
    public void HandleReply(in FrameHeader header)
    {
        if (header.Opcode == Opcode.DcpNoop)
        {
            HandleNoopReply(header);
            return;
        }
        if (header is { Status: Status.Success, Opcode: Opcode.DcpSnapshotMarker or Opcode.DcpSetVBucketState })
            HandleTakeOverReply(header);
        // what a consumer makes of a marker concerns a takeover only: no status of it ends the connection (10.22)
        if (header.Status == Status.Success || header.Opcode == Opcode.DcpSnapshotMarker || IsTolerated(header.Status))
            return;
        _connection.Drop($"the consumer answered {header.Opcode} with status {header.Status}");
    }

    private void HandleTakeOverReply(in FrameHeader header)
    {
        var opaque = header.Opaque;
        var isGone = false;
        lock (_connection.Gate)
        {
            if (_streams.Values.FirstOrDefault(stream => stream.IsTakeOver && stream.Address.Opaque == opaque) is not { } stream)
                return;
            if (header.Opcode == Opcode.DcpSnapshotMarker)
                stream.OnMarkerAcknowledged();
            else
                isGone = stream.OnStateTaken();
        }
        if (isGone)
            _connection.Services.Cluster.Advance();
    }

    /// <summary>Ends the streams of what the user may not see any more (dcp-reference.md 3.7, reason 8).</summary>
    public void EndWithoutRights(Access.UserRights rights)
    {
        foreach (var stream in _streams.Values)
            if (!rights.MayStream(stream.Request.View.Collections))
                stream.OnEnded(StreamEndReason.LostPrivileges);
    }

    public void Close()
    {
        foreach (var stream in _streams.Values)
            stream.Close();
        foreach (var stream in _notified)
            stream.Close();
        for (; _ready.Count > 0; _ready.Dequeue().Close())
        {
        }
        _streams.Clear();
    }

    /// <summary>Where it stands, for statistics.</summary>
    public DcpSessionFacts Look() => new(
        IsFull, _window, _outstanding, _acknowledged, _itemsSent, _bytesSent, _inflatedBytesSent, _noopOutstanding is not null, [.. _streams.Values],
        [.. _streams.Values.Select(stream => stream.Request.View.Collections?.ToArray())])
    {
        LastSent = _lastSent,
        ReadyStreams = _ready.Count,
        WaitingBackfills = Backfills.WaitingCount,
    };

    /// <summary>Of a message whose value may have been taken out the bit tells how the value is kept, not how it travels.</summary>
    private void Count(ReadOnlySpan<byte> message) =>
        Count(message.Length + SyncWriteMessages.SurchargeOf(message), IsItem((Opcode)message[1]), KeepsUnderlyingDatatype ? 0 : ItemMessages.BytesSavedIn(message));

    private void Count(int charge, bool isItem, int saved)
    {
        if (isItem)
            _itemsSent++;
        _bytesSent += charge;
        _inflatedBytesSent += charge + saved;
        if (_window > 0)
            _outstanding += charge;
    }

    private static bool IsItem(Opcode opcode) =>
        opcode is Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration or Opcode.DcpSystemEvent or Opcode.DcpPrepare or Opcode.DcpCommit or Opcode.DcpAbort;

    private static bool IsMarker(OutputBuffer output, int at) => output.Written.Span[at + 1] == (byte)Opcode.DcpSnapshotMarker;

    private void SendNoopIfDue(OutputBuffer output)
    {
        var time = _connection.Services.Time;
        var faults = _connection.Services.Faults;
        if (!NoopEnabled || _noopOutstanding is not null || faults.DropsNoops || time.GetElapsedTime(_lastNoop) < NoopInterval + faults.NoopDelay)
            return;
        var before = output.Length;
        DcpMessages.WriteNoop(output, _noopCounter);
        _noopOutstanding = _lastNoopOpaque = FrameHeader.Read(output.Written.Span[before..]).Opaque;
        _noopCounter++;
        _lastNoop = time.GetTimestamp();
    }

    private void HandleNoopReply(in FrameHeader header)
    {
        lock (_connection.Gate)
        {
            if (header.Opaque == _lastNoopOpaque)
            {
                _noopOutstanding = null;
                return;
            }
        }
        if (header.Status == Status.Success || !IsTolerated(header.Status))
            _connection.Drop($"a no-op was answered with opaque 0x{header.Opaque:x8}, which was not asked");
    }

    private bool IsTolerated(Status status) => status switch
    {
        Status.NotMyVBucket or Status.DcpStreamNotFound or Status.OpaqueNoMatch => true,
        Status.KeyExists or Status.KeyNotFound => !StrictStatusCodes,
        _ => false,
    };
}
