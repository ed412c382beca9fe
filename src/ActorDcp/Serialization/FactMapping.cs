using ActorDcp.Serialization.Protos;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Serialization;

/// <summary>Facts and history of a vbucket in their stored form and back.</summary>
internal static class FactMapping
{
    public static FactProto ToProto(VBucketFact fact)
    {
        var proto = new FactProto { Epoch = fact.Epoch.Value, At = Ticks(fact.At) };
        switch (fact)
        {
            case VBucketFact.OwnershipTaken taken:
                proto.OwnershipTaken = new OwnershipTakenProto { Member = taken.Member };
                break;
            case VBucketFact.StreamOpened opened:
                proto.StreamOpened = new StreamOpenedProto { Log = ToProto(opened.Log), From = ToProto(opened.From) };
                break;
            case VBucketFact.RolledBack back:
                proto.RolledBack = new RolledBackProto
                {
                    From = back.From.Value, To = back.To.Value, Reason = (int)back.Reason, Uuid = back.Uuid.Value,
                    Resume = back.Resume is { } resume ? ToProto(resume) : null,
                };
                break;
            case VBucketFact.RollbackAcknowledged acknowledged:
                proto.RollbackAcknowledged = new RollbackAcknowledgedProto { To = acknowledged.To.Value };
                break;
            case VBucketFact.StartPinned pinned:
                proto.StartPinned = new StartPinnedProto { Offset = ToProto(pinned.Offset) };
                break;
            case VBucketFact.Paused paused:
                proto.Paused = new PausedProto { Reason = paused.Reason };
                break;
            case VBucketFact.Resumed:
                proto.Resumed = new ResumedProto();
                break;
            case VBucketFact.CollectionsLeftOut leftOut:
                proto.CollectionsLeftOut = new CollectionsLeftOutProto { From = ToProto(leftOut.From) };
                proto.CollectionsLeftOut.Ids.AddRange(leftOut.Ids);
                break;
            default:
                throw new ArgumentException($"{fact.GetType().Name} has no stored form", nameof(fact));
        }
        return proto;
    }

    public static VBucketFact FromProto(FactProto proto)
    {
        var (epoch, at) = (new OwnershipEpoch(proto.Epoch), Time(proto.At));
        return proto.KindCase switch
        {
            FactProto.KindOneofCase.OwnershipTaken => new VBucketFact.OwnershipTaken(epoch, at, proto.OwnershipTaken.Member),
            FactProto.KindOneofCase.StreamOpened => new VBucketFact.StreamOpened(
                epoch, at, FromProto(proto.StreamOpened.Log), FromProto(proto.StreamOpened.From)),
            FactProto.KindOneofCase.RolledBack => RolledBack(epoch, at, proto.RolledBack),
            FactProto.KindOneofCase.RollbackAcknowledged => new VBucketFact.RollbackAcknowledged(
                epoch, at, new Seqno(proto.RollbackAcknowledged.To)),
            FactProto.KindOneofCase.StartPinned => new VBucketFact.StartPinned(epoch, at, FromProto(proto.StartPinned.Offset)),
            FactProto.KindOneofCase.Paused => new VBucketFact.Paused(epoch, at, proto.Paused.Reason),
            FactProto.KindOneofCase.Resumed => new VBucketFact.Resumed(epoch, at),
            FactProto.KindOneofCase.CollectionsLeftOut => new VBucketFact.CollectionsLeftOut(
                epoch, at, [.. proto.CollectionsLeftOut.Ids], FromProto(proto.CollectionsLeftOut.From)),
            _ => throw new InvalidDataException("a fact of a kind that this version does not know"),
        };
    }

    public static HistoryProto ToProto(VBucketHistory history)
    {
        var proto = new HistoryProto { Epoch = history.Epoch.Value, Log = ToProto(history.Log) };
        if (history.PendingRollback is { } pending)
            proto.PendingRollback = ToProto(pending);
        if (history.PausedReason is { } reason)
            proto.PausedReason = reason;
        proto.Facts.AddRange(history.Facts.Select(ToProto));
        proto.LeftOut.AddRange(history.LeftOut.Select(each => new LeftOutProto { Id = each.Id, From = ToProto(each.From) }));
        return proto;
    }

    public static VBucketHistory FromProto(HistoryProto proto) => new(
        new OwnershipEpoch(proto.Epoch),
        FromProto(proto.Log),
        proto.PendingRollback is null ? null : (VBucketFact.RolledBack)FromProto(proto.PendingRollback),
        proto.HasPausedReason ? proto.PausedReason : null,
        [.. proto.Facts.Select(FromProto)])
    {
        LeftOut = [.. proto.LeftOut.Select(each => new LeftOutCollection(each.Id, FromProto(each.From)))],
    };

    public static long Ticks(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks;

    public static DateTimeOffset Time(long ticks) => DateTimeOffset.UnixEpoch.AddTicks(ticks);

    private static VBucketFact.RolledBack RolledBack(OwnershipEpoch epoch, DateTimeOffset at, RolledBackProto proto) => new(
        epoch, at, new Seqno(proto.From), new Seqno(proto.To), (RollbackReason)proto.Reason, new VBucketUuid(proto.Uuid),
        proto.Resume is null ? null : FromProto(proto.Resume));

    public static OffsetProto ToProto(StreamOffset offset) => new()
    {
        Uuid = offset.Uuid.Value,
        Seqno = offset.Seqno.Value,
        SnapshotStart = offset.Snapshot.Start.Value,
        SnapshotEnd = offset.Snapshot.End.Value,
        ManifestUid = offset.ManifestUid,
        PurgeSeqno = offset.PurgeSeqno.Value,
    };

    public static StreamOffset FromProto(OffsetProto? proto) => proto is null
        ? StreamOffset.Beginning
        : new StreamOffset(
            new VBucketUuid(proto.Uuid), new Seqno(proto.Seqno),
            new StreamSnapshot(new Seqno(proto.SnapshotStart), new Seqno(proto.SnapshotEnd)), proto.ManifestUid)
        {
            PurgeSeqno = new Seqno(proto.PurgeSeqno),
        };

    private static FailoverLogProto ToProto(FailoverLog log)
    {
        var proto = new FailoverLogProto();
        proto.Entries.AddRange(log.Entries.Select(
            entry => new FailoverLogEntryProto { Uuid = entry.Uuid.Value, Seqno = entry.Seqno.Value }));
        return proto;
    }

    private static FailoverLog FromProto(FailoverLogProto? proto) => proto is null
        ? FailoverLog.Empty
        : new FailoverLog(proto.Entries.Select(entry => new FailoverLogEntry(new VBucketUuid(entry.Uuid), new Seqno(entry.Seqno))));
}
