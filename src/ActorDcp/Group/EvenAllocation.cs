using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;

namespace ActorDcp.Group;

/// <summary>
/// Brings members to within one shard of each other, a few shards at a time. Where a shard goes, and whether this is a time to move
/// any, Akka's own strategy says; but that one takes shards that are between two homes for shards that do not exist. It then sees
/// members that have too many, and what moves for that moves back: half as much again was moved at a join, and twice as much at a leave.
/// Members that leave give all they have, before anything else moves.
/// </summary>
internal sealed class EvenAllocation : IActorSystemDependentAllocationStrategy
{
    private readonly IActorSystemDependentAllocationStrategy _least;
    private readonly int _shards;
    private readonly int _atOnce;
    private Cluster? _cluster;

    /// <param name="least">Akka's strategy, without limits.</param>
    /// <param name="shards">How many shards the group has.</param>
    /// <param name="atOnce">Most shards between two homes at a time, for the sake of balance.</param>
    public EvenAllocation(IActorSystemDependentAllocationStrategy least, int shards, int atOnce)
    {
        _least = least;
        _shards = shards;
        _atOnce = atOnce;
    }

    public void Start(ActorSystem system)
    {
        _cluster = Cluster.Get(system);
        _least.Start(system);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        _least.AllocateShard(requester, shardId, currentShardAllocations);

    public async Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        var settled = currentShardAllocations.ToDictionary(region => region.Key, region => region.Value.RemoveRange(rebalanceInProgress));
        var left = _atOnce - (_shards - settled.Values.Sum(shards => shards.Count));
        var members = Reachable();
        // one that is lost gives nothing away: the coordinator takes its shards when it is removed
        if (left <= 0 || !settled.Keys.All(region => members.ContainsKey(AddressOf(region))))
            return ImmutableHashSet<string>.Empty;
        var staying = settled.Where(region => members[AddressOf(region.Key)] is not (MemberStatus.Leaving or MemberStatus.Exiting)).ToDictionary();
        if (staying.Count == 0)
            return ImmutableHashSet<string>.Empty;
        var given = settled.Where(region => !staying.ContainsKey(region.Key)).SelectMany(region => region.Value).Take(left).ToImmutableHashSet();
        return given.Count > 0 ? given : await LevelAsync(staying, left).ConfigureAwait(false);
    }

    private async Task<IImmutableSet<string>> LevelAsync(Dictionary<IActorRef, IImmutableList<string>> settled, int left)
    {
        var chosen = await _least.Rebalance(WithArrivals(settled), ImmutableHashSet<string>.Empty).ConfigureAwait(false);
        return chosen.Where(shard => !IsArrival(shard)).Order(StringComparer.Ordinal).Take(left).ToImmutableHashSet();
    }

    /// <summary>Where the shards that are between two homes will be: each with who has the fewest by then.</summary>
    private ImmutableDictionary<IActorRef, IImmutableList<string>> WithArrivals(Dictionary<IActorRef, IImmutableList<string>> settled)
    {
        var moving = _shards - settled.Values.Sum(shards => shards.Count);
        for (var arrival = 0; arrival < moving; arrival++)
        {
            var least = settled.MinBy(region => region.Value.Count).Key;
            settled[least] = settled[least].Add(string.Create(CultureInfo.InvariantCulture, $"~{arrival}"));
        }
        return settled.ToImmutableDictionary();
    }

    private Dictionary<Address, MemberStatus> Reachable()
    {
        var state = _cluster!.State;
        return state.Members.Except(state.Unreachable).Where(member => member.Status is not MemberStatus.Down)
            .ToDictionary(member => member.Address, member => member.Status);
    }

    private Address AddressOf(IActorRef region) => region.Path.Address.HasLocalScope ? _cluster!.SelfAddress : region.Path.Address;

    private static bool IsArrival(string shard) => shard[0] == '~';
}
