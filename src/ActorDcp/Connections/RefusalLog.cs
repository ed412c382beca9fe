using System.Globalization;
using ActorDcp.Client;
using Akka.Event;
using Status = ActorDcp.Protocol.Status;

namespace ActorDcp.Connections;

/// <summary>
/// Tells in the log which stream requests a node refuses for now. Hundreds of vbuckets are refused together, again and again, so each
/// status is told once in half a minute, with how many there were since. Not thread-safe.
/// </summary>
internal sealed class RefusalLog(KvEndpoint node, ILoggingAdapter log, TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private readonly Dictionary<Status, (long ToldAt, int Since)> _told = [];

    /// <param name="vbucket">Whose request it was.</param>
    /// <param name="refused">The refusal.</param>
    public void Add(VBucketId vbucket, StreamRequestResult.Refused refused)
    {
        // what somebody has to mend is told by each vbucket
        if (refused.Meaning.Course is StatusCourse.Mend)
            return;
        if (_told.TryGetValue(refused.Status, out var told) && time.GetElapsedTime(told.ToldAt) < Quiet)
        {
            _told[refused.Status] = told with { Since = told.Since + 1 };
            return;
        }
        var before = told.Since == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {told.Since} times more since it was told last");
        log.Warning("{0} refused to stream vbucket {1} with {2}; trying again{3}", node, vbucket, refused.Words, before);
        _told[refused.Status] = (time.GetTimestamp(), 0);
    }
}
