using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>
/// Where a stream stands: the pure rules of dcp-reference.md 4.4 and 4.5. A marker stays pending until its first event; an
/// out-of-order snapshot keeps the position where it began until it is whole. Not thread-safe.
/// </summary>
internal sealed class StreamPosition
{
    private readonly StreamSnapshot? _resumed;
    private SnapshotMarker? _pending;
    private StreamSnapshot _announced;
    private bool _sawMarker;
    private FixedPosition? _outOfOrderStart;
    private Seqno _outOfOrderHigh;

    internal StreamPosition(VBucketId vbucket, StreamOffset from, VBucketUuid uuid)
    {
        VBucket = vbucket;
        Uuid = uuid;
        Seqno = from.Seqno;
        Snapshot = from.Snapshot;
        _resumed = from.IsBoundary ? null : from.Snapshot;
        ManifestUid = from.ManifestUid;
        PurgeSeqno = from.PurgeSeqno;
    }

    internal VBucketId VBucket { get; }

    /// <summary>Branch that the stream was opened on.</summary>
    internal VBucketUuid Uuid { get; }

    /// <summary>Last seqno; inside an out-of-order snapshot the one before it.</summary>
    internal Seqno Seqno { get; private set; }

    /// <summary>Snapshot of the last event.</summary>
    internal StreamSnapshot Snapshot { get; private set; }

    /// <summary>Newest collections manifest seen.</summary>
    internal ulong ManifestUid { get; private set; }

    /// <summary>Highest purged tombstone by the last marker from disk whose events began to arrive.</summary>
    internal Seqno PurgeSeqno { get; private set; }

    /// <summary>Set while an out-of-order snapshot is received.</summary>
    internal FixedPosition? OutOfOrder => _outOfOrderStart;

    /// <summary>What a consumer that has everything so far would resume from.</summary>
    internal StreamOffset Offset => _outOfOrderStart?.Offset ?? new StreamOffset(Uuid, Seqno, Snapshot, ManifestUid) { PurgeSeqno = PurgeSeqno };

    /// <summary>A marker arrived; it counts from the next event on.</summary>
    internal void Announce(SnapshotMarker marker)
    {
        if (_outOfOrderStart is not null)
            throw new ProtocolException($"vbucket {VBucket}: marker {marker.Snapshot} inside an out-of-order snapshot");
        _pending = marker;
    }

    /// <summary>Goes over an event.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="seqno">Its seqno; changed for the bounds of an out-of-order snapshot, which carry none.</param>
    /// <param name="marker">The marker that it is the first event of; else null.</param>
    /// <returns>Whether its snapshot is another than that of the event before.</returns>
    /// <exception cref="ProtocolException">The event cannot come here.</exception>
    internal bool Advance(DcpEventKind kind, ref Seqno seqno, out SnapshotMarker? marker)
    {
        marker = null;
        switch (kind)
        {
            case DcpEventKind.OsoStart:
                return StartOutOfOrder(ref seqno);
            case DcpEventKind.OsoEnd:
                return EndOutOfOrder(ref seqno);
        }
        if (_outOfOrderStart is not null)
        {
            _outOfOrderHigh = Seqno.Larger(_outOfOrderHigh, seqno);
            return false;
        }
        var begins = _pending is not null;
        if (begins)
        {
            marker = _pending;
            _announced = _pending!.Snapshot;
            Snapshot = Widen(_announced);
            // memory markers and older forms do not tell
            if (_pending is { Version: SnapshotMarkerVersion.V22, Flags: var flags } && flags.HasFlag(SnapshotFlags.Disk))
                PurgeSeqno = _pending.PurgeSeqno;
            _pending = null;
            _sawMarker = true;
        }
        if (kind == DcpEventKind.SeqnoAdvanced)
            return AdvanceTo(seqno) | begins;
        if (seqno <= Seqno || !_sawMarker || !_announced.Contains(seqno))
            ThrowMisplaced(kind, seqno);
        Seqno = seqno;
        return begins;
    }

    internal void LearnManifest(ulong uid) => ManifestUid = Math.Max(ManifestUid, uid);

    /// <summary>
    /// A stream that resumed inside [s,e] is not consistent before e, whatever shorter snapshots come first: what was deduplicated
    /// into the rest of [s,e] is still missing.
    /// </summary>
    private StreamSnapshot Widen(StreamSnapshot announced) =>
        _resumed is { } resumed && Seqno < resumed.End
            ? new StreamSnapshot(Seqno.Smaller(resumed.Start, announced.Start), Seqno.Larger(resumed.End, announced.End))
            : announced;

    private bool AdvanceTo(Seqno seqno)
    {
        if (seqno < Seqno)
            ThrowMisplaced(DcpEventKind.SeqnoAdvanced, seqno);
        Seqno = seqno;
        // below the end the snapshot stays: older versions may have been deduplicated into what is still to come (4.4)
        if (seqno < Snapshot.End && seqno >= Snapshot.Start)
            return false;
        Snapshot = StreamSnapshot.At(seqno);
        return true;
    }

    private bool StartOutOfOrder(ref Seqno seqno)
    {
        if (_outOfOrderStart is not null)
            throw new ProtocolException($"vbucket {VBucket}: an out-of-order snapshot began inside another");
        seqno = Seqno;
        _outOfOrderHigh = Seqno;
        _pending = null;
        _outOfOrderStart = new FixedPosition(new StreamOffset(Uuid, Seqno, Snapshot, ManifestUid) { PurgeSeqno = PurgeSeqno });
        return true;
    }

    private bool EndOutOfOrder(ref Seqno seqno)
    {
        if (_outOfOrderStart is null)
            throw new ProtocolException($"vbucket {VBucket}: an out-of-order snapshot ended that did not begin");
        _outOfOrderStart = null;
        Seqno = _outOfOrderHigh;
        Snapshot = StreamSnapshot.At(Seqno);
        seqno = Seqno;
        return true;
    }

    private void ThrowMisplaced(DcpEventKind kind, Seqno seqno) => throw new ProtocolException(
        $"vbucket {VBucket}: {kind} of seqno {seqno} after {Seqno}, {(_sawMarker ? $"under marker {_announced}" : "before any marker")}");
}
