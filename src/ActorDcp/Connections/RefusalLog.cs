using System.Globalization;
using ActorDcp.Client;
using Akka.Event;
using Status = ActorDcp.Protocol.Status;

namespace ActorDcp.Connections;

/// <summary>
/// Tells in the log which stream requests a node refuses. Hundreds of vbuckets are refused together, again and again, so each
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
        if (_told.TryGetValue(refused.Status, out var told) && time.GetElapsedTime(told.ToldAt) < Quiet)
        {
            _told[refused.Status] = told with { Since = told.Since + 1 };
            return;
        }
        var before = told.Since == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {told.Since} times more since it was told last");
        var meaning = refused.Meaning;
        var words = meaning.Mend.Length == 0 ? refused.Words : $"{refused.Words}; {meaning.Mend}";
        if (meaning.Course is StatusCourse.Mend)
            log.Error("{0} refused to stream vbucket {1} with {2}; trying again{3}", node, vbucket, words, before);
        else
            log.Warning("{0} refused to stream vbucket {1} with {2}; trying again{3}", node, vbucket, words, before);
        _told[refused.Status] = (time.GetTimestamp(), 0);
    }
}
