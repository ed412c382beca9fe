namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>What an event may do to the failover log of a vbucket (dcp-reference.md 5.3).</summary>
internal enum BranchRule
{
    /// <summary>It stays as it is, and nothing is lost.</summary>
    Stays,
    /// <summary>A branch begins.</summary>
    Begins,
    /// <summary>The vbucket begins anew, without documents.</summary>
    Anew,
}
