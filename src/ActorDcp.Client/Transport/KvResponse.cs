using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>An answer, copied out of the receive buffer.</summary>
internal sealed class KvResponse(byte[] bytes)
{
    internal FrameHeader Header { get; } = FrameHeader.Read(bytes);

    internal Status Status => Header.Status;

    internal bool IsSuccess => Status == Status.Success;

    internal Frame Frame => Frame.Read(bytes);

    /// <summary>The node's own words and reference, empty where it sent none.</summary>
    internal ErrorBody Error => IsSuccess ? ErrorBody.Empty : ErrorBody.Read(Frame);
}
