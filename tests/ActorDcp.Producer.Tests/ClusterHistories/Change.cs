namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>One change of a vbucket as the model knows it.</summary>
/// <param name="Seqno">Its place in its branch.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Key">Collection id and key; of events the collection id alone.</param>
/// <param name="Value">The document; of a prepare what it will be; null where none is left.</param>
/// <param name="Expiry">Unix seconds; 0 never.</param>
/// <param name="Prepared">Of a commit or abort the prepare's seqno.</param>
internal sealed record Change(ulong Seqno, ChangeKind Kind, string Key, string? Value = null, uint Expiry = 0, ulong Prepared = 0)
{
    public bool IsDue(uint now) => Kind == ChangeKind.Stored && Expiry != 0 && Expiry <= now;

    /// <summary>Whether another has the same effect at the same place.</summary>
    public bool IsSameAs(Change other) => (Seqno, Kind, Key, Value) == (other.Seqno, other.Kind, other.Key, other.Value);

    public override string ToString() => $"{Seqno} {Kind} {Key}={Value ?? "-"}";
}
