using System.Collections.Immutable;
using System.Globalization;
using ActorDcp.Group;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Group;

public sealed class EvenAllocationTests(ITestOutputHelper output) : TestKit(
    """
    akka.loglevel = ERROR
    akka.actor.provider = cluster
    akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
    akka.cluster.downing-provider-class = ""
    """, output: output), IAsyncLifetime
{
    private const int Shards = 128;
    private const int AtOnce = 12;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public async Task InitializeAsync()
    {
        var cluster = Akka.Cluster.Cluster.Get(Sys);
        using var deadline = new CancellationTokenSource(Deadline);
        await cluster.JoinAsync(cluster.SelfAddress, deadline.Token);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(64, 64, 0)]
    [InlineData(128, 0)]
    [InlineData(42, 43, 43, 0)]
    [InlineData(128, 0, 0, 0)]
    public async Task Only_what_must_move_moves_and_only_a_few_at_a_time(params int[] counts)
    {
        var strategy = Strategy();
        var homes = Homes(counts);
        var (moving, homeless) = (new HashSet<string>(), new Queue<string>());
        var moved = new List<string>();
        for (var step = 0; step < Shards * 10; step++)
        {
            // the coordinator looks at any moment: while shards stop, and while they have no home
            var chosen = await strategy.Rebalance(homes.ToImmutableDictionary(), moving.ToImmutableHashSet());
            moved.AddRange(chosen);
            moving.UnionWith(chosen);
            Assert.True(moving.Count + homeless.Count <= AtOnce, $"{moving.Count} stop and {homeless.Count} have no home");
            if (step % 3 != 0 && moving.Count > 0)
                Deallocate(moving.First());
            else if (homeless.TryDequeue(out var shard))
                Allocate(await strategy.AllocateShard(TestActor, shard, homes.ToImmutableDictionary()), shard);
        }

        Assert.Empty(moving);
        Assert.Empty(homeless);
        Assert.True(homes.Values.Max(shards => shards.Count) - homes.Values.Min(shards => shards.Count) <= 1);
        Assert.Distinct(moved);
        var (share, larger) = Math.DivRem(Shards, counts.Length);
        Assert.Equal(counts.OrderDescending().Select((count, i) => Math.Max(0, count - (i < larger ? share + 1 : share))).Sum(), moved.Count);

        void Allocate(IActorRef home, string shard) => homes[home] = homes[home].Add(shard);

        void Deallocate(string shard)
        {
            var home = homes.Single(region => region.Value.Contains(shard)).Key;
            homes[home] = homes[home].Remove(shard);
            moving.Remove(shard);
            homeless.Enqueue(shard);
        }
    }

    [Fact]
    public async Task Nothing_moves_while_a_member_that_has_shards_is_lost()
    {
        var strategy = Strategy();
        var homes = Homes([64, 0]);
        var lost = ((ExtendedActorSystem)Sys).Provider.ResolveActorRef("akka.tcp://test@127.0.0.1:1/system/sharding/lost");
        homes[lost] = [.. Enumerable.Range(64, 64).Select(Name)];

        Assert.Empty(await strategy.Rebalance(homes.ToImmutableDictionary(), ImmutableHashSet<string>.Empty));
    }

    private static string Name(int shard) => shard.ToString(CultureInfo.InvariantCulture);

    private EvenAllocation Strategy()
    {
        var strategy = new EvenAllocation(
            (IActorSystemDependentAllocationStrategy)ShardAllocationStrategy.LeastShardAllocationStrategy(Shards, relativeLimit: 1.0), Shards, AtOnce);
        strategy.Start(Sys);
        return strategy;
    }

    private Dictionary<IActorRef, IImmutableList<string>> Homes(int[] counts)
    {
        var next = 0;
        var homes = new Dictionary<IActorRef, IImmutableList<string>>();
        foreach (var count in counts)
        {
            homes[CreateTestProbe()] = [.. Enumerable.Range(next, count).Select(Name)];
            next += count;
        }
        return homes;
    }
}
