namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>A durable write that was answered: what may stand under its key from then on.</summary>
internal sealed class DurablePromise(byte level, ulong seqno, string? value)
{
    private readonly HashSet<string> _allowed = [value ?? ""];

    /// <summary>1 majority, 2 and persisted by the active, 3 persisted by a majority.</summary>
    public byte Level => level;

    /// <summary>Of the commit; that of the prepare is one less.</summary>
    public ulong Seqno => seqno;

    /// <summary>A later write of the key, whether it was answered or not.</summary>
    public void Allow(string? value) => _allowed.Add(value ?? "");

    public bool IsKeptBy(string? value) => _allowed.Contains(value ?? "");

    public override string ToString() => $"level {level} at {seqno}: one of {string.Join(' ', _allowed)}";
}
