using ActorDcp.Group;
using ActorDcp.Serialization;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Tests.Serialization;

/// <summary>One value of each type that is stored or leaves the process, every field set.</summary>
internal static class Samples
{
    private static readonly OwnershipEpoch Epoch = new(7);
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero).AddTicks(1234567);
    private static readonly VBucketId VBucket = new(1023);
    private static readonly VBucketUuid A = new(0x0000111122223333);
    private static readonly FailoverLog Log =
        new([new FailoverLogEntry(new VBucketUuid(0xfedcba9876543210), new Seqno(200)), new FailoverLogEntry(A, Seqno.Zero)]);
    private static readonly StreamOffset Offset =
        new(A, new Seqno(190), new StreamSnapshot(new Seqno(180), Seqno.Max), 0xffffffffffffffff);

    public static IReadOnlyList<IActorDcpMessage> All { get; } =
    [
        new VBucketFact.OwnershipTaken(Epoch, At, "member-1"),
        new VBucketFact.StreamOpened(Epoch, At, Log, Offset),
        Back,
        new VBucketFact.RollbackAcknowledged(Epoch, At, new Seqno(180)),
        new VBucketFact.StartPinned(Epoch, At, Offset),
        new VBucketFact.Paused(Epoch, At, "by hand: größer"),
        new VBucketFact.Resumed(Epoch, At),
        new VBucketFact.CollectionsLeftOut(Epoch, At, [8, 0xffffffff], Offset),
        History,
        new VBucketMessages.EnsureRunning(VBucket),
        VBucketMessages.Drain.Instance,
        new VBucketMessages.Pause(VBucket, "by hand"),
        new VBucketMessages.Resume(VBucket),
        new VBucketMessages.SetOffset(VBucket, Offset, DryRun: true),
        new VBucketMessages.Rewind(VBucket, RewindTarget.To(new Seqno(0x8000000000000000)), DryRun: true),
        new VBucketMessages.GetHistory(VBucket),
        new VBucketMessages.PauseAccepted(VBucket),
        new VBucketMessages.ResumeAccepted(VBucket),
        new VBucketMessages.RewindAccepted(VBucket, new Seqno(220), new Seqno(180), DryRun: true),
        new VBucketMessages.CommandRejected(VBucket, RejectionKind.Unavailable, "the database is away"),
        new VBucketMessages.HistoryReply(VBucket, History),
        new GroupMessages.StatusRequest("audit", -5),
        new GroupMessages.StatusPiece(
            "audit", -5, "member-1", "akka.tcp://actordcp@127.0.0.1:4053", "Up", 1, 4,
            [
                new VBucketStatus(
                    VBucket, "member-1", "Failed", "refused", Epoch, A, Seqno.Max, new Seqno(4), new Seqno(3), new Seqno(2), At, "kv1:11210"),
                new VBucketStatus(
                    new VBucketId(0), "member-1", "Recovering", null, Epoch, VBucketUuid.None, Seqno.Zero, Seqno.Zero, Seqno.Zero,
                    Seqno.Zero, null, null),
            ],
            [
                new NodeStatus("kv1:11210", 1, 20_971_520, 4096, 2048, 1024),
                new NodeStatus("kv2:11210", 0, 0, 0, 0, 0, "kv2:11210 closed the connection", At),
            ]),
        new GroupMessages.SaveProbe("audit", -5),
        new GroupMessages.SaveProbeAnswer("audit", -5),
    ];

    private static VBucketFact.RolledBack Back => new(Epoch, At, new Seqno(220), new Seqno(180), RollbackReason.SeqnoFromFuture, A);

    private static VBucketHistory History => VBucketHistory.Empty
        .Apply(new VBucketFact.StreamOpened(Epoch, At, Log, Offset))
        .Apply(new VBucketFact.Paused(Epoch, At, ""))
        .Apply(new VBucketFact.CollectionsLeftOut(Epoch, At, [9], StreamOffset.Boundary(A, new Seqno(170))))
        .Apply(Back);
}
