namespace ActorDcp.Serialization;

/// <summary>
/// Marks what may leave the process or be stored: persisted facts, snapshots, and messages between members. Bound to
/// the serializer of ActorDcp; each marked type has a manifest and a golden file.
/// </summary>
internal interface IActorDcpMessage;
