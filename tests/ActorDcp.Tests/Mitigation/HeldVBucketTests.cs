using ActorDcp.Client;
using ActorDcp.Mitigation;
using static ActorDcp.Mitigation.MitigationProtocol;

namespace ActorDcp.Tests.Mitigation;

/// <summary>When changes that wait may go on (dcp-reference.md 4.7).</summary>
public sealed class HeldVBucketTests
{
    private static readonly VBucketId VBucket = new(7);
    private static readonly VBucketUuid Ours = new(0xa);
    private static readonly VBucketUuid Other = new(0xb);
    private static readonly KvEndpoint Active = new("kv1", 11210);
    private static readonly KvEndpoint Replica = new("kv2", 11210);

    private readonly HeldVBucket _held = new(new Hold(VBucket, Ours, new Seqno(10), new object(), _ => { }), since: 0);

    public HeldVBucketTests() => _held.Ask([Active, Replica], number: 1);

    [Fact]
    public void The_slowest_copy_is_the_frontier()
    {
        Assert.Null(_held.Learn(Says(Active, 20)));
        Assert.Null(_held.Learn(Says(Replica, 9)));
        Assert.Equal([Replica], _held.Lagging);

        Assert.Equal((HoldVerdict.Persisted, new Seqno(12)), _held.Learn(Says(Replica, 12)));
    }

    [Fact]
    public void Copies_on_different_branches_hold_everything()
    {
        Assert.Null(_held.Learn(Says(Active, 20)));
        Assert.Null(_held.Learn(Says(Replica, 20, Other)));
    }

    [Fact]
    public void Copies_that_agree_on_another_branch_end_the_stream()
    {
        Assert.Null(_held.Learn(Says(Active, 20, Other)));
        Assert.Equal((HoldVerdict.OtherBranch, Seqno.Zero), _held.Learn(Says(Replica, 3, Other)));
    }

    [Fact]
    public void After_a_new_map_nothing_that_was_heard_counts()
    {
        Assert.Null(_held.Learn(Says(Active, 20)));
        _held.Ask([Active, Replica], number: 2);

        Assert.Null(_held.Learn(Says(Active, 20)));
        Assert.Null(_held.Learn(Says(Replica, 20)));
        Assert.Equal([Active, Replica], _held.Lagging);
        Assert.Null(_held.Learn(Says(Active, 20, number: 2)));
        Assert.Equal((HoldVerdict.Persisted, new Seqno(20)), _held.Learn(Says(Replica, 20, number: 2)));
    }

    [Fact]
    public void A_map_that_cannot_name_a_copy_holds_everything()
    {
        _held.Ask([], number: 2);

        Assert.Null(_held.Learn(Says(Active, 20, number: 2)));
    }

    private static Observed Says(KvEndpoint node, ulong persisted, VBucketUuid? uuid = null, long number = 1) =>
        new(node, VBucket, number, uuid ?? Ours, new Seqno(persisted));
}
