using ActorDcp.Client;
using ActorDcp.Protocol;
using ActorDcp.Streams;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.Connections;

/// <summary>What the connection actors are asked and tell. Never leaves the member.</summary>
internal static class ConnectionProtocol
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface IEvent : INoSerializationVerificationNeeded;

    /// <summary>
    /// Open a stream on the connection to a node. Answered with <see cref="StreamAnswered"/> or <see cref="StreamRequestFailed"/>,
    /// which repeat <paramref name="Attempt"/>; a later request for the same vbucket replaces one that was not sent yet. While the stream
    /// is open, <paramref name="Progress"/> says whether its handler is what is waited for; if it is parked for that, the asker is told
    /// with <see cref="StreamParked"/>.
    /// </summary>
    public sealed record RequestStream(KvEndpoint Node, StreamRequest Request, long Attempt, VBucketProgress Progress) : ICommand;

    /// <summary>
    /// The asker is gone or wants something else: forget the request, and close the stream if it opens all the same, or has opened
    /// and its answer met nobody.
    /// </summary>
    public sealed record ForgetRequest(KvEndpoint Node, VBucketId VBucket, long Attempt) : ICommand;

    /// <summary>Close an open stream.</summary>
    public sealed record CloseStream(KvEndpoint Node, DcpStream Stream) : ICommand;

    /// <summary>Fetch a vbucket's failover log. Answered with <see cref="FailoverLogFetched"/> or <see cref="StreamRequestFailed"/>.</summary>
    public sealed record FetchFailoverLog(KvEndpoint Node, VBucketId VBucket, long Attempt) : ICommand;

    /// <summary>Connects to nodes before anything is asked of them: who takes a vbucket over then waits for no greeting.</summary>
    public sealed record Connect(IReadOnlyList<KvEndpoint> Nodes) : ICommand;

    /// <summary>The nodes of the newest cluster map; connections to others that carry nothing are closed.</summary>
    public sealed record NodesChanged(IReadOnlySet<KvEndpoint> Nodes) : ICommand;

    /// <summary>A connection actor has nothing left to do: its parent stops it, so that nothing told to it meanwhile is lost.</summary>
    public sealed record Idle(KvEndpoint Node) : IEvent;

    /// <summary>Answers what waits, then stops.</summary>
    public sealed record Stop : ICommand;

    public sealed record StreamAnswered(KvEndpoint Node, VBucketId VBucket, long Attempt, StreamRequestResult Result) : IEvent;

    /// <summary>
    /// The vbucket's handler is slow, and what it held kept others from streaming: the stream ends as <see cref="StreamEnding.Parked"/>
    /// once the handler has been given all that arrived.
    /// </summary>
    public sealed record StreamParked(VBucketId VBucket, long Attempt, long Bytes) : IEvent;

    public sealed record StreamRequestFailed(VBucketId VBucket, long Attempt, Exception Cause) : IEvent;

    public sealed record FailoverLogFetched(VBucketId VBucket, long Attempt, FailoverLog Log) : IEvent;
}
