using ActorDcp.Group;
using ActorDcp.VBuckets;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Group;

public sealed class GroupCoordinatorActorTests(ITestOutputHelper output) : TestKit("akka.loglevel = ERROR", output: output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Every_vbucket_is_seen_to_again_and_again()
    {
        var region = CreateTestProbe();
        Sys.ActorOf(Props.Create(() => new GroupCoordinatorActor(region, 3, TimeSpan.FromMilliseconds(20))));

        for (var round = 0; round < 3; round++)
            for (var vbucket = 0; vbucket < 3; vbucket++)
                Assert.Equal(VBucketId.From(vbucket), (await region.ExpectMsgAsync<VBucketMessages.EnsureRunning>(Deadline)).VBucket);
    }

    [Fact]
    public async Task Told_to_hand_over_it_stops()
    {
        var coordinator = Sys.ActorOf(Props.Create(() => new GroupCoordinatorActor(CreateTestProbe(), 1, TimeSpan.FromHours(1))));
        Watch(coordinator);

        coordinator.Tell(GroupCoordinatorActor.Stop.Instance);

        await ExpectTerminatedAsync(coordinator, Deadline);
    }
}
