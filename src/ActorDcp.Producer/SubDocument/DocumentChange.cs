using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>What a sub-document request makes of a document.</summary>
internal readonly record struct DocumentChange(byte[] Value, Datatype Datatype, uint Flags, uint? ExpiryField, uint Expiry, ItemKind Kind);
