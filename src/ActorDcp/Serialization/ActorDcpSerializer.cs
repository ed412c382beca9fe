using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.Serialization;
using ActorDcp.Group;
using ActorDcp.Serialization.Protos;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using Messages = ActorDcp.VBuckets.VBucketMessages;

namespace ActorDcp.Serialization;

/// <summary>
/// Everything of ours that is stored or leaves the process, as protobuf under a short manifest. What it does not know it refuses.
/// </summary>
internal sealed class ActorDcpSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Stored with every event: never to be changed.</summary>
    public const int Id = 7310;

    public static ImmutableArray<MessageContract> Contracts { get; } =
    [
        // every kind of fact is one FactProto
        Fact<VBucketFact.OwnershipTaken>("f1"),
        Fact<VBucketFact.StreamOpened>("f2"),
        Fact<VBucketFact.RolledBack>("f3"),
        Fact<VBucketFact.RollbackAcknowledged>("f4"),
        Fact<VBucketFact.StartPinned>("f5"),
        Fact<VBucketFact.Paused>("f6"),
        Fact<VBucketFact.Resumed>("f7"),
        Fact<VBucketFact.CollectionsLeftOut>("f8"),
        MessageContract.Of<VBucketHistory, HistoryProto>("h", FactMapping.ToProto, FactMapping.FromProto),
        VBucketOnly("v1", vbucket => new Messages.EnsureRunning(vbucket)),
        MessageContract.Of<Messages.Drain, EmptyProto>("v2", _ => new EmptyProto(), _ => Messages.Drain.Instance),
        MessageContract.Of<Messages.Pause, PauseProto>(
            "v3",
            pause => new PauseProto { Vbucket = pause.VBucket.Value, Reason = pause.Reason },
            proto => new Messages.Pause(MessageMapping.VBucket(proto.Vbucket), proto.Reason)),
        VBucketOnly("v4", vbucket => new Messages.Resume(vbucket)),
        MessageContract.Of<Messages.Rewind, RewindProto>("v5", MessageMapping.ToProto, MessageMapping.FromProto),
        VBucketOnly("v6", vbucket => new Messages.GetHistory(vbucket)),
        VBucketOnly("v7", vbucket => new Messages.PauseAccepted(vbucket)),
        VBucketOnly("v8", vbucket => new Messages.ResumeAccepted(vbucket)),
        MessageContract.Of<Messages.RewindAccepted, RewindAcceptedProto>("v9", MessageMapping.ToProto, MessageMapping.FromProto),
        MessageContract.Of<Messages.CommandRejected, RejectedProto>(
            "va",
            rejected => new RejectedProto { Vbucket = rejected.VBucket.Value, Kind = (int)rejected.Kind, Reason = rejected.Reason },
            proto => new Messages.CommandRejected(MessageMapping.VBucket(proto.Vbucket), (RejectionKind)proto.Kind, proto.Reason)),
        MessageContract.Of<Messages.HistoryReply, HistoryReplyProto>(
            "vb",
            reply => new HistoryReplyProto { Vbucket = reply.VBucket.Value, History = FactMapping.ToProto(reply.History) },
            proto => new Messages.HistoryReply(MessageMapping.VBucket(proto.Vbucket), FactMapping.FromProto(proto.History ?? new HistoryProto()))),
        MessageContract.Of<Messages.SetOffset, SetOffsetProto>("vc", MessageMapping.ToProto, MessageMapping.FromProto),
        MessageContract.Of<GroupMessages.StatusRequest, StatusRequestProto>(
            "g1",
            request => new StatusRequestProto { Group = request.Group, Correlation = request.Correlation },
            proto => new GroupMessages.StatusRequest(proto.Group, proto.Correlation)),
        MessageContract.Of<GroupMessages.SaveProbe, SaveProbeProto>(
            "g3",
            probe => new SaveProbeProto { Group = probe.Group, Correlation = probe.Correlation },
            proto => new GroupMessages.SaveProbe(proto.Group, proto.Correlation)),
        MessageContract.Of<GroupMessages.SaveProbeAnswer, SaveProbeProto>(
            "g4",
            answer => new SaveProbeProto { Group = answer.Group, Correlation = answer.Correlation },
            proto => new GroupMessages.SaveProbeAnswer(proto.Group, proto.Correlation)),
        MessageContract.Of<GroupMessages.StatusPiece, StatusPieceProto>("g2", MessageMapping.ToProto, MessageMapping.FromProto),
    ];

    private static readonly FrozenDictionary<Type, MessageContract> ByType = Contracts.ToFrozenDictionary(contract => contract.Type);

    private static readonly FrozenDictionary<string, MessageContract> ByManifest =
        Contracts.ToFrozenDictionary(contract => contract.Manifest, StringComparer.Ordinal);

    public override int Identifier => Id;

    public override string Manifest(object o) => ContractOf(o).Manifest;

    public override byte[] ToBinary(object obj) => ContractOf(obj).Write(obj);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!ByManifest.TryGetValue(manifest, out var contract))
            throw new SerializationException($"manifest '{manifest}' is none of ActorDcp's; a newer version may have written it");
        try
        {
            return contract.Read(bytes);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException or ArgumentException
            or OverflowException or InvalidCastException)
        {
            throw new SerializationException($"{contract.Type.Name} ({bytes.Length} bytes) cannot be read: {e.Message}", e);
        }
    }

    private static MessageContract ContractOf(object message) =>
        ByType.TryGetValue(message.GetType(), out var contract)
            ? contract
            : throw new SerializationException($"{message.GetType()} has no contract of ActorDcp");

    private static MessageContract Fact<TFact>(string manifest) where TFact : VBucketFact =>
        MessageContract.Of<TFact, FactProto>(manifest, FactMapping.ToProto, proto => (TFact)FactMapping.FromProto(proto));

    private static MessageContract VBucketOnly<TMessage>(string manifest, Func<VBucketId, TMessage> read)
        where TMessage : Messages.IVBucketMessage =>
        MessageContract.Of<TMessage, VBucketProto>(
            manifest, message => MessageMapping.ToProto(message), proto => read(MessageMapping.VBucket(proto.Vbucket)));
}
