using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>What became of one path.</summary>
internal readonly record struct PathResult(Status Status, byte[] Value)
{
    public static PathResult Of(Status status) => new(status, []);
}
