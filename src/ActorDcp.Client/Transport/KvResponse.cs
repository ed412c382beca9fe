using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>An answer, copied out of the receive buffer.</summary>
/// <param name="bytes">The frame.</param>
/// <param name="errors">What the node that answered says of statuses; null for nothing.</param>
internal sealed class KvResponse(byte[] bytes, ErrorMap? errors = null)
{
    internal FrameHeader Header { get; } = FrameHeader.Read(bytes);

    internal Status Status => Header.Status;

    internal bool IsSuccess => Status == Status.Success;

    internal Frame Frame => Frame.Read(bytes);

    /// <summary>The node's own words and reference, empty where it sent none.</summary>
    internal ErrorBody Error => IsSuccess ? ErrorBody.Empty : ErrorBody.Read(Frame);

    /// <summary>What the node's error map says of the status; null where it says nothing.</summary>
    internal ErrorDescription? Explanation => errors?.Errors.GetValueOrDefault(Status);

    internal StatusMeaning Meaning => StatusMeaning.Of(Status, Explanation);

    /// <summary>The node has taken back what the handshake gave: only a new connection helps, perhaps with a newer password.</summary>
    internal bool EndsConnection => !IsSuccess && Meaning.Course is StatusCourse.NewConnection or StatusCourse.NewLogin;
}
