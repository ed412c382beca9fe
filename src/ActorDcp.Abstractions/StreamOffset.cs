namespace ActorDcp;

/// <summary>
/// Where a consumer stands in a vbucket: everything a later stream request needs (dcp-reference.md 4.4). Its seqno always
/// lies inside its snapshot: an offset that a producer would have to refuse cannot be built.
/// </summary>
public readonly record struct StreamOffset
{
    /// <summary>Makes an offset.</summary>
    /// <param name="uuid">Branch the seqno belongs to; <see cref="VBucketUuid.None"/> only with seqno 0.</param>
    /// <param name="seqno">Last seqno the consumer has.</param>
    /// <param name="snapshot">Snapshot the seqno lies in. Is the seqno its end, the offset keeps [seqno, seqno].</param>
    /// <param name="manifestUid">Collections manifest last seen, 0 when none.</param>
    /// <exception cref="ArgumentException">The seqno lies outside the snapshot, or above 0 without a branch.</exception>
    public StreamOffset(VBucketUuid uuid, Seqno seqno, StreamSnapshot snapshot, ulong manifestUid = 0)
    {
        if (!snapshot.Contains(seqno))
            throw new ArgumentException($"seqno {seqno} lies outside its snapshot {snapshot}", nameof(seqno));
        if (uuid.IsNone && seqno != Seqno.Zero)
            throw new ArgumentException($"seqno {seqno} needs the vbucket uuid of its branch", nameof(uuid));
        Uuid = uuid;
        Seqno = seqno;
        Snapshot = seqno == snapshot.End ? StreamSnapshot.At(seqno) : snapshot;
        ManifestUid = manifestUid;
    }

    /// <summary>Branch of history the seqno belongs to.</summary>
    public VBucketUuid Uuid { get; }

    /// <summary>Last seqno the consumer has.</summary>
    public Seqno Seqno { get; }

    /// <summary>The snapshot the seqno lies in; [seqno, seqno] when it was received whole.</summary>
    public StreamSnapshot Snapshot { get; }

    /// <summary>Collections manifest last seen, 0 when none.</summary>
    public ulong ManifestUid { get; }

    /// <summary>
    /// Highest purged tombstone as the last marker from disk told, 0 when none did: presented again, a consumer behind it need not begin
    /// anew while nothing more was purged (dcp-reference.md 4.8).
    /// </summary>
    public Seqno PurgeSeqno { get; init; }

    /// <summary>Before everything: what a consumer without progress asks for; always accepted.</summary>
    public static StreamOffset Beginning => default;

    /// <summary>Whether the snapshot was received whole, so that the position is a consistent boundary.</summary>
    public bool IsBoundary => Snapshot.End == Seqno;

    /// <summary>The complete boundary at a seqno.</summary>
    public static StreamOffset Boundary(VBucketUuid uuid, Seqno seqno, ulong manifestUid = 0) =>
        new(uuid, seqno, StreamSnapshot.At(seqno), manifestUid);

    /// <summary>As <c>uuid/seqno[start,end]</c>.</summary>
    public override string ToString() => $"{Uuid}/{Seqno}{Snapshot}";
}
