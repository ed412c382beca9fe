namespace ActorDcp.Producer;

/// <summary>When a backfill of one collection comes in key order to a client that allows it (dcp-reference.md 3.14).</summary>
public enum OutOfOrderBackfills
{
    /// <summary>As Couchbase chooses: when the collection is a small part of its vbucket.</summary>
    Auto,
    /// <summary>Whenever it is allowed.</summary>
    Always,
    /// <summary>Never.</summary>
    Never,
}
