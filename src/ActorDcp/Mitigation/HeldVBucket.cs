using ActorDcp.Client;

namespace ActorDcp.Mitigation;

/// <summary>One vbucket whose changes wait, and what its copies said so far (dcp-reference.md 4.7). Pure.</summary>
internal sealed class HeldVBucket(MitigationProtocol.Hold hold, long since)
{
    private readonly Dictionary<KvEndpoint, (VBucketUuid Uuid, Seqno Persisted)> _seen = [];

    public MitigationProtocol.Hold Hold { get; } = hold;

    /// <summary>Timestamp at which the wait began.</summary>
    public long Since { get; } = since;

    /// <summary>Number of the question that is under way; answers to earlier ones do not count.</summary>
    public long Number { get; private set; }

    /// <summary>Nodes of the active and of each replica that the map names; empty while one of them cannot be named.</summary>
    public IReadOnlyList<KvEndpoint> Copies { get; private set; } = [];

    /// <summary>Copies that have not said that they have it all.</summary>
    public IEnumerable<KvEndpoint> Lagging =>
        Copies.Where(copy => !_seen.TryGetValue(copy, out var said) || said.Uuid != Hold.Uuid || said.Persisted < Hold.Seqno);

    /// <summary>Asks anew, of these copies.</summary>
    public void Ask(IReadOnlyList<KvEndpoint> copies, long number)
    {
        Copies = copies;
        Number = number;
        _seen.Clear();
    }

    /// <summary>A copy said something.</summary>
    /// <returns>What that makes of the changes; null while they have to wait.</returns>
    public (HoldVerdict Verdict, Seqno Frontier)? Learn(MitigationProtocol.Observed observed)
    {
        if (observed.Number != Number || !Copies.Contains(observed.Node))
            return null;
        _seen[observed.Node] = (observed.Uuid, observed.Persisted);
        if (_seen.Count < Copies.Count || _seen.Values.Any(said => said.Uuid != observed.Uuid))
            return null;
        if (observed.Uuid != Hold.Uuid)
            return (HoldVerdict.OtherBranch, Seqno.Zero);
        var frontier = _seen.Values.Min(said => said.Persisted);
        return frontier < Hold.Seqno ? null : (HoldVerdict.Persisted, frontier);
    }
}
