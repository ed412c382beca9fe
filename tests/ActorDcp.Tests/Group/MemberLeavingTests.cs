using ActorDcp.Group;
using ActorDcp.VBuckets;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Group;

public sealed class MemberLeavingTests(ITestOutputHelper output) : TestKit("akka.loglevel = ERROR", output: output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly MemberLeaving _leaving = new();

    [Fact]
    public void A_vbucket_that_ends_unfinished_counts_only_once_the_member_leaves()
    {
        _leaving.EndsUnfinished(new VBucketId(1));
        Assert.Equal(0, _leaving.Unfinished);

        _leaving.Begin();
        _leaving.EndsUnfinished(new VBucketId(1));

        Assert.Equal(1, _leaving.Unfinished);
    }

    [Fact]
    public void A_vbucket_counts_once_however_often_it_says_so()
    {
        _leaving.Begin();

        foreach (var vbucket in new ushort[] { 1, 2, 1 })
            _leaving.EndsUnfinished(new VBucketId(vbucket));

        Assert.Equal(2, _leaving.Unfinished);
    }

    [Fact]
    public async Task Draining_here_reaches_every_vbucket_of_every_shard_and_takes_nothing_over_any_more()
    {
        var entities = CreateTestProbe();
        var region = Sys.ActorOf(Props.Create(() => new Parent(entities, 2)));
        // the shards have their vbuckets when these answer
        for (var entity = 0; entity < 4; entity++)
            await entities.ExpectMsgAsync("started", Deadline);
        _leaving.Begin();
        Assert.False(_leaving.IsDraining);

        _leaving.DrainHere(Sys, region);

        Assert.True(_leaving.IsDraining);
        var drained = new HashSet<IActorRef>();
        for (var entity = 0; entity < 4; entity++)
        {
            await entities.ExpectMsgAsync<VBucketMessages.Drain>(Deadline);
            drained.Add(entities.LastSender);
        }
        Assert.Equal(4, drained.Count);
        await entities.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    /// <summary>A region with two shards of two vbuckets each: what the vbuckets hear, and only that, is passed on.</summary>
    private sealed class Parent : UntypedActor
    {
        private readonly IActorRef _heard;
        private readonly int _depth;

        public Parent(IActorRef heard, int depth)
        {
            (_heard, _depth) = (heard, depth);
            if (depth == 0)
                heard.Tell("started");
            for (var child = 0; depth > 0 && child < 2; child++)
                Context.ActorOf(Props.Create(() => new Parent(heard, depth - 1)));
        }

        protected override void OnReceive(object message) => _heard.Tell(_depth == 0 ? message : $"not a vbucket: {message}", Self);
    }
}
