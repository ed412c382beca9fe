namespace ActorDcp.Producer.Dcp;

/// <summary>Whether a connection takes backfills in key order (dcp-reference.md 3.2, 3.14).</summary>
internal enum OutOfOrderSnapshots
{
    No,
    Yes,
    /// <summary>And wants to be told how far they reach.</summary>
    WithSeqnoAdvanced,
}
