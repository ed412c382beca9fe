using Akka.Actor;

namespace ActorDcp.Group;

/// <summary>The group's status from all its members, for who is not an actor.</summary>
internal static class GroupStatusQuery
{
    public static Task<CollectedStatus> CollectAsync(
        ActorSystem system, GroupContext group, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<CollectedStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create<GroupStatusCollector>(group.Settings.Group, group.VBuckets, timeout, answer));
        return answer.Task.WaitAsync(cancellationToken);
    }
}
