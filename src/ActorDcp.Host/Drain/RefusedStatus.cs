using ActorDcp.Client;
using ActorDcp.Protocol;

namespace ActorDcp.Host.Drain;

/// <summary>What to make of a stream request that was refused (dcp-reference.md 3.3, "Consumer reactions").</summary>
internal static class RefusedStatus
{
    /// <summary>Whether the same request may succeed after a while.</summary>
    public static bool IsTemporary(Status status) =>
        status is Status.OutOfMemory or Status.TemporaryFailure or Status.Busy or Status.KeyExists or Status.NotInitialized or Status.WouldThrottle;

    public static string Explain(VBucketId vbucket, KvEndpoint endpoint, StreamRequestResult.Refused refused)
    {
        var mend = refused.Status switch
        {
            Status.UnknownCollection => "a collection of --collections was dropped: leave it out",
            Status.UnknownScope => "the scope of --scope was dropped: leave it out",
            Status.NoAccess => "grant the user the role that reads data through DCP",
            Status.NotSupported => "this server cannot combine what was asked for: leave options such as --oso, --stream-ids or --sync-writes out",
            Status.InvalidArguments => "this server does not understand the request: leave special options out",
            _ => "see the server's log",
        };
        return $"{endpoint} refused to stream vbucket {vbucket} with {refused.Words}; {mend}";
    }
}
